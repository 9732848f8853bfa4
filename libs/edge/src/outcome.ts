import type { IncomingMessage } from 'node:http';
import type { Failure } from './failure.js';
import { hasBody, isSafe } from './header-rules.js';
import type { Upstream } from './upstream.js';

/** How one try to have a request answered by an upstream ended. */
export interface Outcome {
  readonly request: IncomingMessage;
  readonly upstream: Upstream;
  /** The status that it answered; `undefined`: it gave no answer. */
  readonly status: number | undefined;
  /** `undefined`: the whole answer was given back. Those that begin with `client_` say nothing of the upstream. */
  readonly failure: Failure | undefined;
  /** What stands behind a failure, as the system or TLS names it: `ECONNREFUSED`; for the log. */
  readonly cause?: string | undefined;
  /** Whether there was a connection: if not, nothing of the request can have reached the upstream. */
  readonly connected: boolean;
  /** Until the head of its answer was there, in ms. */
  readonly headMs: number | undefined;
  /** Until it was over, in ms. */
  readonly ms: number;
}

/** Whether an upstream, or somebody behind it, says that it cannot serve. */
export const isUnavailable = (status: number | undefined): boolean =>
  status === 502 || status === 503 || status === 504;

const repeatable: ReadonlySet<Failure> = new Set([
  'busy',
  'refused',
  'reset',
  'bad_answer',
  'unavailable',
  'connect_timeout',
  'timeout',
]);

/** Whether it may be sent again: what has not reached the upstream, and what changes nothing there and has no body; nothing that the client has an answer to. */
export function mayRepeat({ request, failure, connected, headMs }: Outcome): boolean {
  if (failure === undefined || headMs !== undefined || !repeatable.has(failure)) return false;
  return !connected || (isSafe(request.method) && !hasBody(request));
}

/**
 * Says which upstream gets a request. It is asked once for every request, and once more after each try that has failed and may be
 * repeated; `failed` holds those, the first one first. `undefined`: none; the client gets 503, or what the last try has come to.
 */
export type ChooseUpstream = (request: IncomingMessage, failed: readonly Outcome[]) => Upstream | undefined;
