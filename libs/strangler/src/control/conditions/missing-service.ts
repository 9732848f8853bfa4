import { foreignTo } from '../../database/refusals.js';
import type { Absence } from './absence.js';
import type { Observed } from './observed.js';

/** Why a module is without its service: it cannot be asked, or it refuses this shop; null: it is there. Pure. */
export function missingService({ states, absent }: Pick<Observed, 'states' | 'absent'>): Absence | null {
  const { monolith, extracted } = states;
  if (!extracted) return absent?.extracted ?? { kind: 'silent', detail: 'no answer' };
  const { held, outgoing } = monolith ?? {};
  if (held?.kind === 'foreign') {
    const { database, peer, peerSince } = held.foreign;
    return { kind: 'foreign', detail: foreignTo({ database, shop: peer, since: peerSince }) };
  }
  const refused = outgoing?.refused ?? '';
  return refused.startsWith('strangler_foreign') ? { kind: 'foreign', detail: refused } : null;
}
