import type { IncomingMessage, ServerResponse } from 'node:http';

/** Why a request was not passed on, or its answer not given back. */
export const failures = {
  no_upstream: {
    status: 503,
    code: 'unavailable',
    title: 'This part of the shop cannot be reached just now',
  },
  busy: { status: 503, code: 'unavailable', title: 'This part of the shop cannot be reached just now' },
  refused: {
    status: 502,
    code: 'bad_gateway',
    title: 'The application behind the gateway cannot be reached',
  },
  reset: { status: 502, code: 'bad_gateway', title: 'The application behind the gateway gave no answer' },
  bad_answer: {
    status: 502,
    code: 'bad_gateway',
    title: 'The application behind the gateway gave a wrong answer',
  },
  /** It said so itself, with 502, 503 or 504, and another one is asked. */
  unavailable: {
    status: 503,
    code: 'unavailable',
    title: 'This part of the shop cannot be reached just now',
  },
  connect_timeout: {
    status: 504,
    code: 'gateway_timeout',
    title: 'The application behind the gateway cannot be reached in time',
  },
  timeout: { status: 504, code: 'gateway_timeout', title: 'No answer in time: it may have happened' },
  /** The upstream died in the middle of its answer. */
  broke_off: { status: 502, code: 'bad_gateway', title: 'The answer broke off' },
  /** The answer had begun, and did not end, or was a stream of events in which none came. That says nothing of the upstream. */
  too_long: { status: 504, code: 'gateway_timeout', title: 'The answer took too long' },
  /** Nothing came from the client, or it took nothing. */
  client_stalled: { status: 408, code: 'request_timeout', title: 'The request did not arrive in time' },
  /** Nobody is there to be answered. */
  client_gone: { status: 499, code: 'client_gone', title: 'The client left' },
} as const;

export type Failure = keyof typeof failures;

/** They say nothing of the upstream that was asked: the client left or stalled, or its answer was one without an end. */
export const heldAgainstNobody: ReadonlySet<Failure> = new Set(['client_gone', 'client_stalled', 'too_long']);

/** A request that is not passed on, as the client sees it. */
export interface Refusal {
  readonly status: number;
  /** For programs; `/problems/<code>` is its type. */
  readonly code: string;
  readonly title: string;
  readonly detail?: string | undefined;
  /** Facts, as JSON values. */
  readonly data?: { readonly retryAfterSeconds?: number };
}

const refusals = new WeakSet<ServerResponse>();

/** Whether an answer is the gateway's own refusal, and no upstream's. */
export const isRefusal = (response: ServerResponse): boolean => refusals.has(response);

/** For so long what a refused client still sends is read, in ms: a connection that is cut at once takes the answer with it. */
const lingerMs = 2_000;

/**
 * Answers with a problem document (RFC 9457), and closes the connection where the rest of the request would have to be read first.
 * `told`: headers beside, names and values in turn.
 */
export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
  told: readonly string[] = [],
): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  refusals.add(response);
  for (let i = 0; i < told.length; i += 2) response.setHeader(told[i]!, told[i + 1]!);
  const { status, code, title, detail, data } = refusal;
  const traceId = response.getHeader('x-request-id');
  const body = JSON.stringify({ type: `/problems/${code}`, title, status, code, detail, traceId, data });
  response.setHeader('Content-Type', 'application/problem+json');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  const again = data?.retryAfterSeconds ?? (status === 503 ? 1 : undefined);
  if (again !== undefined) response.setHeader('Retry-After', again);
  if (request.complete) {
    response.writeHead(status).end(body);
    return;
  }
  response.setHeader('Connection', 'close');
  response.writeHead(status).write(body);
  readRest(request, () => response.end());
}

/** Reads what is left of a request, and throws it away; `then` is called when nothing comes any more, and after 2 s at the latest. */
export function readRest(request: IncomingMessage, then: () => void): void {
  const timer = setTimeout(over, lingerMs);
  function over(): void {
    clearTimeout(timer);
    request.off('end', over).off('close', over);
    then();
  }
  if (request.complete) return over();
  request.once('end', over).once('close', over).resume();
}
