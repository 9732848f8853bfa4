import type { NatsLink } from '../../nats/link.js';
import type { Routes } from '../../routes/routes.js';
import { UnreadyError, type Check } from './operations-routes.js';

/** A program without a module, as far as it has come to its shop. */
interface WayToShop {
  readonly link: NatsLink;
  readonly routes: Routes;
  /** Why it calls nobody, in words; null: it does. */
  readonly problem: () => string | null;
}

/** What has to hold before a program without a module may get work: that it reaches its shop, and is known there. */
export const programChecks = (way: WayToShop): Check[] => [
  { name: 'NATS', check: () => assertUp(way.link) },
  { name: 'shop', check: () => assertFound(way) },
  { name: 'key', check: () => assertKnown(way.link) },
];

function assertUp(link: NatsLink): void {
  if (!link.current) throw new UnreadyError(link.trouble ?? 'there is no connection to NATS yet');
}

/** What is not known then is with the monolith, and that is away. */
function assertFound({ problem, routes }: WayToShop): void {
  const why = problem();
  if (why !== null) throw new UnreadyError(why);
  if (Object.keys(routes.snapshot()).length === 0)
    throw new UnreadyError('it is not known yet where any module is served');
}

function assertKnown({ keys }: NatsLink): void {
  if (!keys.areHeard) throw new UnreadyError('the shop has not heard the key of this process yet');
}
