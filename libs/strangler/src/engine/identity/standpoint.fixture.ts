import type { Side } from '../../routes/phase.js';
import type { Standpoint } from './standing.js';

/** A side that is paired, proven by its peer, and whole, unless a test says otherwise. */
export const standpointOf = (side: Side, change: Partial<Standpoint> = {}): Standpoint => ({
  database: `00000000-0000-7000-8000-00000000000${side === 'monolith' ? 1 : 2}`,
  home: `home of ${side}`,
  moved: false,
  knownAs: null,
  peer: `00000000-0000-7000-8000-00000000000${side === 'monolith' ? 2 : 1}`,
  peerHome: null,
  peerSince: '2026-01-01T00:00:00.000000Z',
  start: `start of ${side}`,
  peerStart: `start of ${side === 'monolith' ? 'extracted' : 'monolith'}`,
  provenBy: 'peer',
  proven: true,
  side,
  capture: true,
  epoch: 1,
  extractedBelow: 0,
  fenceFrom: null,
  fenceTo: null,
  standing: null,
  term: 1,
  life: 1,
  confirmed: null,
  appliedLife: 1,
  applied: { term: 0, seq: 0 },
  complete: true,
  pruned: { term: 0, seq: 0 },
  received: [],
  ...change,
});
