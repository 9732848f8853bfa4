import type { IncomingMessage } from 'node:http';
import { isUnavailable, type Outcome } from './outcome.js';

const reasons = new WeakMap<IncomingMessage, string>();

/**
 * Why a request that was passed on has no good answer, for the log: each try that has failed, `http://10.0.0.7:4000 refused (ECONNREFUSED)`.
 * A client is not told: it names machines. `undefined`: nothing has failed.
 */
export const whyNot = (request: IncomingMessage): string | undefined => reasons.get(request);

/** Takes note of a try, if it has failed. */
export function noteTry({ request, upstream, failure, cause, status }: Outcome): void {
  if (failure === undefined && !isUnavailable(status)) return;
  const what = failure === undefined ? `answered ${status}` : failure;
  note(request, `${upstream.origin} ${what}${cause === undefined ? '' : ` (${cause})`}`);
}

/** Takes note of what no try can tell. */
export function note(request: IncomingMessage, reason: string): void {
  const before = reasons.get(request);
  reasons.set(request, before === undefined ? reason : `${before}; ${reason}`);
}
