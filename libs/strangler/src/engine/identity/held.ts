import { foreignTo } from '../../database/refusals.js';
import type { Held } from './peer.js';

/** Why a side takes no writes, and what is next, for a log. Pure. */
export function heldSentence(module: string, held: Held): string {
  if (held.kind === 'foreign') {
    const { database, peer, peerSince } = held.foreign;
    return `${module} serves no calls: ${foreignTo({ database, shop: peer, since: peerSince })}; start it on the database that the shop is paired with, or give each shop a NAMESPACE`;
  }
  return `${module} takes no writes: ${whyOf(module, held)}`;
}

function whyOf(module: string, held: Exclude<Held, { kind: 'foreign' }>): string {
  switch (held.kind) {
    case 'no witness':
      return `its server has started anew, and nobody says that nothing is missing (${held.detail}); it goes on by itself once it reaches the other side over NATS; else: strangler doctor ${module}`;
    case 'moved':
      return `its database was moved, or is a copy, and does not stand in its original's place: ${held.why} (${held.detail}); see: strangler doctor ${module}`;
    case 'rolled back':
      return `its database was put back, and lacks what it once had; see: strangler doctor ${module}`;
    case 'given up':
      return `it lets the other side take over, and has not seen it own yet; it goes on by itself`;
    case 'writers inside':
      return `it owns less than it did, and waits for transactions that began before (pids ${held.pids.join(', ')})`;
  }
}
