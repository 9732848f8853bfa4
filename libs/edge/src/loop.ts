import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Refusal } from './failure.js';
import type { RawHeaders } from './header-rules.js';

/** By it this process knows a request that it has passed on: a pseudonym, which tells nobody anything. */
const own = `strangler-${randomBytes(8).toString('hex')}`;

/** What each upstream is told, beside what other proxies have said of themselves (RFC 8586). Nobody between may take it away. */
export const loopHeaders: RawHeaders = ['CDN-Loop', own];

/** Whether this process has passed a request on before: its upstream leads back here, perhaps over others. */
export function isLoop({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const passed = headers['cdn-loop'];
  return passed !== undefined && String(passed).includes(own);
}

/** It would go in a circle until all connections are taken. */
export const loopDetected: Refusal = {
  status: 508,
  code: 'loop_detected',
  title: 'The request has come back to the gateway that passed it on',
};
