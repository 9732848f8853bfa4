import { Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { inTime } from './in-time.js';

/** What has to hold before a process may get work. */
export interface Check {
  readonly name: string;
  /** Ends well when it holds; throws when not. */
  readonly check: () => unknown;
}

export interface OperationsOptions {
  registry: Registry;
  checks: readonly Check[];
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A check that does not come back within this time, in ms, has failed. */
const patienceMs = 2_000;

/**
 * What machines ask of a process: `GET /health/live`, `/health/ready`, `/metrics`. Open to whoever reaches the listener: a probe
 * and a scraper have no token, and what they get names no customer. Answers whether it has answered.
 */
export function operationsRoutes({ registry, checks }: OperationsOptions) {
  const logger = new Logger('Health');
  const routes: Readonly<Record<string, Handler>> = {
    '/health/live': async (_request, response) => json(response, 200, { status: 'ok' }),
    '/health/ready': async (_request, response) => {
      const failed = await failing(checks, logger);
      if (failed.length === 0) return json(response, 200, { status: 'ok' });
      json(response, 503, {
        ...{ type: 'about:blank', title: 'Not available now', status: 503, code: 'unavailable' },
        detail: `not ready: ${failed.join(', ')}`,
      });
    },
    '/metrics': async (_request, response) => {
      const text = await registry.metrics();
      response
        .writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' })
        .end(text);
    },
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

function json(response: ServerResponse, status: number, body: object): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(JSON.stringify(body));
}

async function failing(checks: readonly Check[], logger: Logger): Promise<string[]> {
  const failed = await Promise.all(
    checks.map(async ({ name, check }) => {
      try {
        await inTime(patienceMs, Promise.resolve(check()));
        return [];
      } catch (error) {
        // The reason is for the log: it can hold addresses.
        logger.warn({ msg: 'not ready', check: name, reason: String(error) });
        return [name];
      }
    }),
  );
  return failed.flat();
}
