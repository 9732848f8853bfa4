import type { Windows } from 'nestjs-strangler/internal';
import type { RouteRow } from './decide.js';
import type { RouteEvidence } from './gates.js';

/** What all gateways on one database have seen of a route since its present share was reached, at most of the last hour. */
export async function evidenceOf(
  windows: Windows,
  { path, stepSince }: RouteRow,
  now: number,
): Promise<RouteEvidence> {
  const { ageMs, calls, recent, shadow } = await windows.sums(path, Math.max(0, now - stepSince));
  return {
    ageMs,
    calls: { legacy: calls.customer.monolith, new: calls.customer.extracted },
    recent: { legacy: recent.customer.monolith, new: recent.customer.extracted },
    shadow: shadow.customer,
  };
}
