import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { refuse, type Refusal } from './failure.js';
import { isHost } from './forwarded.js';
import { headerTwice } from './header-rules.js';
import { safePath } from './safe-path.js';

/** Node gives the first 2,000 and drops the rest; nobody needs a hundred. */
const mostHeaders = 100;

/** The parts of a request that are looked at. */
type Head = Pick<IncomingMessage, 'method' | 'headers' | 'rawHeaders' | 'httpVersion'>;

/** Why a request is refused, whatever it asks for: somebody behind the gateway could read it as another one. */
function faultOf({ method, headers, rawHeaders, httpVersion }: Head): Refusal | undefined {
  if (rawHeaders.length > 2 * mostHeaders) {
    return { status: 431, code: 'too_many_headers', title: `A request may have ${mostHeaders} headers` };
  }
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return { status: 505, code: 'not_implemented', title: 'HTTP/1.1 is spoken here' };
  }
  const twice = headerTwice(rawHeaders);
  if (twice !== undefined) return invalid(`${twice} is there twice`);
  if (headers.host !== undefined && !isHost(headers.host)) return invalid('Host is not a host');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (httpVersion !== '1.1' || headers['content-length'] !== undefined)) {
    return invalid('the length of the body is said in two ways');
  }
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return unknown('no Transfer-Encoding but chunked');
  if (headers.upgrade !== undefined) return unknown('no other protocol than HTTP/1.1');
  if (method === 'TRACE' || method === 'CONNECT') return unknown(`no ${method}`);
  return undefined;
}

const invalid = (detail: string): Refusal => ({
  status: 400,
  code: 'validation_failed',
  title: 'The request is not valid',
  detail,
});
const unknown = (what: string): Refusal => ({
  status: 501,
  code: 'not_implemented',
  title: 'The gateway does not do this',
  detail: `${what} is known here`,
});

/** Connections on which something was refused: where that ended is not sure, so nothing after it is a request. */
const distrusted = new WeakSet<object>();

/**
 * Whether {@link guard} lets a request pass. Then `request.url` has the one form that {@link safePath} reads.
 */
export function admits(request: IncomingMessage): boolean {
  return !distrusted.has(request.socket) && faultIn(request) === undefined;
}

/**
 * An Express handler: refuses what could reach another route than the one that was looked at, and gives `request.url` the one form that
 * {@link safePath} reads. To be put before everything that looks at a path or a header.
 */
export const guard: RequestHandler = (request, response, next) => {
  if (distrusted.has(request.socket)) return void response.destroy();
  const fault = faultIn(request);
  if (!fault) return next();
  distrusted.add(request.socket);
  refuse(request, response.setHeader('Connection', 'close'), fault);
};

function faultIn(request: IncomingMessage): Refusal | undefined {
  const path = safePath(request.url ?? '');
  if ('fault' in path) return invalid(path.fault);
  const fault = faultOf(request);
  if (!fault) request.url = path.target;
  return fault;
}

/** The path that decides who answers a request which {@link guard} has let pass: `/a;v=1/b?q` is `/a/b`. */
export function routeOf({ url = '/' }: Pick<IncomingMessage, 'url'>): string {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  return path.includes(';') ? path.replace(/;[^/]*/g, '') : path;
}
