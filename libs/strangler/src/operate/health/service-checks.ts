import type { NatsLink } from '../../nats/link.js';
import type { Agents } from '../../sides/agents.js';
import { UnreadyError, type Check } from './operations-routes.js';

/** What has to hold before a service may get work: that it is connected, and belongs to a shop. */
export const serviceChecks = (link: NatsLink, agents: Agents): Check[] => [
  { name: 'nats', check: () => assertConnected(link) },
  { name: 'shop', check: () => servedBy(agents) },
];

function assertConnected({ current, trouble }: NatsLink): void {
  if (!current) throw new Error(trouble ?? 'there is no connection');
}

/** A service that no shop has asked for yet may get work from that moment on; any other that serves none is in the wrong place. */
function servedBy({ notServed, held }: Agents): string {
  const reasons = [...new Set([...notServed, ...held].map(({ reason }) => reason))].join('; ');
  if (notServed.some(({ early }) => !early)) throw new UnreadyError(reasons);
  return reasons;
}
