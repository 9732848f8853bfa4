import { divided, e, m, of, type Named } from './named.js';

/** Divided ownership, statements that are sent in parts, heartbeats. */
export const parts: Named[] = [
  of('P1', 'divided: M is restored, a bucket each', {
    ...divided,
    writes: [1, 2],
    budget: { restore: 1 },
    restoreOf: m,
  }),
  of('P2', 'divided: E is restored, a bucket each', {
    ...divided,
    writes: [1, 2],
    budget: { restore: 1 },
    restoreOf: e,
  }),
  of('P3', 'divided: M is restored, the border moves up', {
    ...divided,
    budget: { restore: 1, handOff: 1 },
    writes: [2],
    restoreOf: m,
  }),
  of('P4', 'divided: E is restored, the border moves up', {
    ...divided,
    budget: { restore: 1, handOff: 1 },
    writes: [2],
    restoreOf: e,
  }),
  of('P5', 'M is restored, half of the buckets move', {
    borders: [1],
    budget: { restore: 1, handOff: 1 },
    writes: [2],
    restoreOf: m,
  }),
  of('P6', 'E is restored, half of the buckets move', {
    borders: [1],
    budget: { restore: 1, handOff: 1 },
    writes: [1],
    restoreOf: e,
  }),
  of('P7', 'E is restored, half of the buckets move, a write of each', {
    borders: [1],
    budget: { restore: 1, handOff: 1 },
    writes: [1, 2],
    restoreOf: e,
  }),
  of(
    'S1',
    'a bulk statement straddles a hand-off, sent in parts, a row is parked',
    {
      below: 2,
      borders: [1],
      writes: [3],
      parts: true,
      budget: { handOff: 1, park: 1 },
    },
    { quick: true },
  ),
  of('S2', 'a bulk statement in parts, a row is parked, the owner is restored', {
    writes: [3],
    parts: true,
    budget: { park: 1, restore: 1 },
    restoreOf: m,
  }),
  of('S3', 'a bulk statement in parts straddles a hand-off, its owner is restored', {
    below: 2,
    borders: [1],
    writes: [3],
    parts: true,
    budget: { handOff: 1, restore: 1 },
    restoreOf: e,
  }),
  of(
    'S4',
    'a row is parked and discarded, a restart',
    { writes: [3], parts: true, budget: { park: 1, discard: 1, restart: 1 } },
    { quick: true },
  ),
  of('S5', 'a row is parked and discarded, hand-off, the owner is restored', {
    budget: { park: 1, discard: 1, handOff: 1, restore: 1 },
    restoreOf: m,
  }),
  of(
    'T1',
    'heartbeats, the copy is restored',
    { heartbeats: true, budget: { restore: 1 }, restoreOf: e },
    { quick: true },
  ),
  of(
    'T2',
    'heartbeats, the owner is restored',
    { heartbeats: true, budget: { restore: 1 }, restoreOf: m },
    { quick: true },
  ),
];
