import { Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { inTime } from './in-time.js';

/**
 * What has to hold before a process may get work.
 *
 * @example
 * ```ts
 * const disk: Check = {
 *   name: 'disk',
 *   check: async () => {
 *     if (!(await provider.charge('nothing'))) throw new UnreadyError('the provider does not answer');
 *   },
 * };
 * ```
 */
export interface Check {
  readonly name: string;
  /** Ends well when it holds, perhaps with a word to whoever asks; throws when not: an {@link UnreadyError} says to him why. */
  readonly check: () => unknown;
}

/**
 * Why a process may not get work, in words that everybody may read.
 *
 * @example
 * ```ts
 * const check = () => {
 *   throw new UnreadyError('the price list is not loaded yet');
 * };
 * ```
 */
export class UnreadyError extends Error {}

/** What is told to a scraper; a `Registry` of prom-client is one. */
export interface Scraped {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/**
 * What machines are told of a process.
 *
 * @example
 * ```ts
 * const registry = { contentType: 'text/plain; version=0.0.4', metrics: async () => 'shop_orders_total 12\n' };
 * const operations: OperationsOptions = { registry, checks: [{ name: 'cache', check: () => undefined }] };
 * ```
 */
export interface OperationsOptions {
  /** Left out: there is no `/metrics`. */
  registry?: Scraped | undefined;
  checks: readonly Check[];
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A check that does not come back within this time, in ms, has failed. */
const patienceMs = 2_000;

/**
 * What machines ask of a process: `GET /health/live`, `/health/ready`, `/metrics`. Open to whoever reaches the listener: a probe
 * and a scraper have no token, and what they get names no customer. Answers whether it has answered.
 *
 * @internal
 */
export function operationsRoutes({ registry, checks }: OperationsOptions) {
  const logger = new Logger('Health');
  const routes: Readonly<Record<string, Handler>> = {
    '/health/live': async (_request, response) => json(response, 200, { status: 'ok' }),
    '/health/ready': async (_request, response) => {
      const { failed, notes } = await lookAt(checks, logger);
      if (failed.length === 0)
        return json(response, 200, { status: 'ok', ...(notes.length > 0 && { notes }) });
      json(response, 503, {
        ...{ type: 'about:blank', title: 'Not available now', status: 503, code: 'unavailable' },
        detail: `not ready: ${failed.join(', ')}`,
      });
    },
    ...(registry && { '/metrics': (_request, response) => tell(registry, response) }),
  };
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = (request.url ?? '').split('?', 1)[0]!;
    const handler = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (!handler || !['GET', 'HEAD'].includes(request.method ?? '')) return false;
    handler(request, response).catch((error: unknown) => {
      logger.error({ msg: 'not answered', path, error: String(error) });
      response.destroy();
    });
    return true;
  };
}

async function tell(registry: Scraped, response: ServerResponse): Promise<void> {
  const text = await registry.metrics();
  response.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' }).end(text);
}

function json(response: ServerResponse, status: number, body: object): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
}

/** What does not hold, and what those that hold have to say. */
async function lookAt(
  checks: readonly Check[],
  logger: Logger,
): Promise<{ failed: string[]; notes: string[] }> {
  const failed: string[] = [];
  const notes: string[] = [];
  await Promise.all(
    checks.map(async ({ name, check }) => {
      try {
        const note = await inTime(patienceMs, Promise.resolve(check()));
        if (typeof note === 'string' && note) notes.push(note);
      } catch (error) {
        // Any other reason is for the log: it can hold addresses.
        failed.push(error instanceof UnreadyError ? `${name} (${error.message})` : name);
        logger.warn({ msg: 'not ready', check: name, reason: String(error) });
      }
    }),
  );
  return { failed, notes };
}
