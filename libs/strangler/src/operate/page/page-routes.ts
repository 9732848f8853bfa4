import { Logger } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDomainError } from '../../contract/errors.js';
import { writeProblem } from '../problem.filter.js';
import { pageFiles, sendFile } from './page-files.js';
import { begunBy, endedBy, isOwn, isToken, sessionOf } from './session-cookie.js';

/**
 * What an operator logs in with, on the page.
 *
 * @example
 * ```ts
 * const account: OperatorCredentials = { email: 'ann@example.com', password: 'correct horse battery' };
 * ```
 */
export interface OperatorCredentials {
  email: string;
  password: string;
}

/**
 * Exchanges credentials for a bearer token that the guard of the admin listener takes, and that counts for so many seconds. `address`: of who asks.
 * @throws a `DomainError` that says why not: `validation_failed`, `unauthenticated`, `rate_limited`, `unavailable`; its `retryAfterSeconds` is told
 *
 * @example
 * ```ts
 * const tokens = new Map([['ann@example.com correct horse battery', 'ann.3f9d1c']]);
 * const logIn: LogIn = async ({ email, password }) => ({ token: tokens.get(`${email} ${password}`) ?? '', seconds: 3_600 });
 * ```
 */
export type LogIn = (
  credentials: OperatorCredentials,
  address: string,
) => Promise<{ token: string; seconds: number }>;

type Answer = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const mostBytes = 8_192;
/** Why nobody is let in, as the page says it; without `detail`, in the words of who refuses. */
const refusals: Readonly<Record<string, { status: number; detail?: string }>> = {
  validation_failed: { status: 400 },
  unauthenticated: { status: 401, detail: 'the e-mail or the password is wrong' },
  rate_limited: { status: 429 },
  unavailable: { status: 503, detail: 'whoever knows the accounts does not answer: log in with a token' },
};

/**
 * The operator's page, and its sessions: before the guard, which then takes the token of a session as it takes any other. `POST /session`
 * takes `{email, password}` or `{token}`, whether or not the token is good: the next request shows it.
 */
export function pageRoutes(logIn: LogIn | undefined): Answer {
  const files = pageFiles(logIn ? 'account' : 'token');
  return (request, response, next) => {
    const { method = 'GET' } = request;
    const path = (request.url ?? '/').split('?')[0]!;
    const file = method === 'GET' || method === 'HEAD' ? files.get(path) : undefined;
    if (file) return sendFile(request, response, file);
    if (path === '/session' && (method === 'POST' || method === 'DELETE'))
      return void session(request, response, logIn);
    const token = request.headers.authorization === undefined ? sessionOf(request) : undefined;
    if (token !== undefined) request.headers.authorization = `Bearer ${token}`;
    const isAsked = path === '/session' && method === 'GET' && request.headers.authorization === undefined;
    if (isAsked) return nobody(response);
    next();
  };
}

/** Whoever opens the page has not done anything wrong yet. */
const nobody = (response: ServerResponse): void =>
  void response
    .writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    .end('{"actor":null,"role":null}');

async function session(
  request: IncomingMessage,
  response: ServerResponse,
  logIn: LogIn | undefined,
): Promise<void> {
  if (!isOwn(request))
    return writeProblem(response, 403, {
      code: 'forbidden',
      detail: 'only the page of this listener logs in here',
    });
  if (request.method === 'DELETE') return begin(response, endedBy(request));
  try {
    const said = await bodyOf(request);
    if (isToken(said['token'])) return begin(response, begunBy(request, said['token']));
    const { email, password } = said;
    if (!logIn || typeof email !== 'string' || typeof password !== 'string')
      return writeProblem(response, 400, { code: 'validation_failed', detail: whatIsTaken(logIn) });
    const { token, seconds } = await logIn({ email, password }, request.socket.remoteAddress ?? '');
    begin(response, begunBy(request, token, seconds));
  } catch (error) {
    refuse(response, error);
  }
}

const whatIsTaken = (logIn: LogIn | undefined): string =>
  logIn ? 'an e-mail and a password, or a token, are needed' : 'a token is needed';

const begin = (response: ServerResponse, cookie: string): void =>
  void response.writeHead(204, { 'Set-Cookie': cookie, 'Cache-Control': 'no-store' }).end();

function refuse(response: ServerResponse, error: unknown): void {
  if (error instanceof SyntaxError)
    return writeProblem(response, 400, { code: 'validation_failed', detail: 'the body has to be JSON' });
  // Whoever has sent half of it hears no answer.
  if (response.destroyed) return;
  const known = isDomainError(error) ? error : undefined;
  const refusal = known && refusals[known.code];
  if (!refusal) {
    new Logger('Admin').error(error);
    const detail = 'nobody can log in now: the log says why';
    return writeProblem(response, 500, { code: 'internal', detail });
  }
  const { code, message, data } = known;
  if (typeof data['retryAfterSeconds'] === 'number')
    response.setHeader('Retry-After', data['retryAfterSeconds']);
  writeProblem(response, refusal.status, { code, detail: refusal.detail ?? message });
}

/** @throws {SyntaxError} when it is no JSON object, or too large. */
async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new SyntaxError('too large');
    chunks.push(chunk);
  }
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
  if (typeof body !== 'object' || body === null) throw new SyntaxError('no object');
  return body as Record<string, unknown>;
}
