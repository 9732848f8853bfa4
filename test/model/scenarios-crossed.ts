import { divided, e, m, of, type Named } from './named.js';

/** Several faults at once. */
export const crossed: Named[] = [
  of('X1', 'divided: M is restored, two writes, the border moves twice', {
    ...divided,
    writes: [1, 2],
    borders: [0, 1, 2],
    budget: { restore: 1, handOff: 2 },
    restoreOf: m,
  }),
  of('X2', 'divided: E is restored, two writes, the border moves twice', {
    ...divided,
    writes: [1, 2],
    borders: [0, 1, 2],
    budget: { restore: 1, handOff: 2 },
    restoreOf: e,
  }),
  of('X3', 'M is restored, zombie relay, late command, half of the buckets move', {
    writes: [1],
    borders: [1],
    budget: { restore: 1, handOff: 1, late: 1, newLeader: 1 },
    restoreOf: m,
  }),
  of('X4', 'E is restored, zombie relay, late command, half of the buckets move', {
    writes: [1],
    borders: [1],
    budget: { restore: 1, handOff: 1, late: 1, newLeader: 1 },
    restoreOf: e,
  }),
  of('X5', 'failover to either side, the lost one returns, hand-off, a restart', {
    writes: [1, 2],
    borders: [0, 2],
    budget: { failover: 1, handOff: 1, restart: 1 },
  }),
  of('X6', 'failover to either side, and M is restored', {
    budget: { failover: 1, restore: 1, handOff: 1 },
    restoreOf: m,
  }),
  of('X7', 'a witness file, there and back, M is restored', {
    witness: 'file',
    borders: [0, 2],
    budget: { restore: 1, handOff: 2 },
    restoreOf: m,
  }),
  of('X8', 'a witness file, divided, failover, hand-off, a restart', {
    ...divided,
    witness: 'file',
    writes: [1, 2],
    borders: [2],
    budget: { failover: 1, restart: 1, handOff: 1 },
  }),
  of('X9', 'bulk and single statements in parts, hand-off, M is restored', {
    writes: [3, 1],
    borders: [1],
    parts: true,
    budget: { handOff: 1, restore: 1 },
    restoreOf: m,
  }),
  of('X10', 'failover to either side, a restart, and M is restored', {
    budget: { failover: 1, restore: 1, restart: 1 },
    restoreOf: m,
  }),
];
