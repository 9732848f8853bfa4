import { e, m, of, type Named } from './named.js';

/** One side owns everything; restores, restarts, hand-offs, failovers. */
export const whole: Named[] = [
  of('A1', 'the owner is restored, zombie relay', { budget: { restore: 1, newLeader: 1 }, restoreOf: m }),
  of('A2', 'the copy is restored, zombie relay', { budget: { restore: 1, newLeader: 1 }, restoreOf: e }),
  of(
    'A3',
    'the owner is restored, duplicates',
    { budget: { restore: 1, duplicate: 1 }, restoreOf: m },
    { quick: true },
  ),
  of(
    'A4',
    'the copy is restored, duplicates',
    { budget: { restore: 1, duplicate: 1 }, restoreOf: e },
    { quick: true },
  ),
  of('A5', 'the owner is restored, two writes, messages late', {
    budget: { restore: 1, earlyTimeout: 1 },
    restoreOf: m,
    writes: [1, 2],
  }),
  of('A6', 'the copy is restored, two writes, messages late', {
    budget: { restore: 1, earlyTimeout: 1 },
    restoreOf: e,
    writes: [1, 2],
  }),
  of('B1', 'M is restored, hand-off M to E, a late command', {
    budget: { restore: 1, handOff: 1, late: 1 },
    restoreOf: m,
  }),
  of('B2', 'E is restored, hand-off M to E, a late command', {
    budget: { restore: 1, handOff: 1, late: 1 },
    restoreOf: e,
  }),
  of('C1', 'M is restored, there and back', {
    budget: { restore: 1, handOff: 2 },
    borders: [0, 2],
    restoreOf: m,
  }),
  of('C2', 'E is restored, there and back', {
    budget: { restore: 1, handOff: 2 },
    borders: [0, 2],
    restoreOf: e,
  }),
  of('D1', 'the owner is restored, a restart', { budget: { restore: 1, restart: 1 }, restoreOf: m }),
  of('D2', 'the copy is restored, a restart', { budget: { restore: 1, restart: 1 }, restoreOf: e }),
  of('D3', 'hand-off, a restart, two late commands', { budget: { handOff: 1, restart: 1, late: 2 } }),
  of('D4', 'M is restored, hand-off, a restart', {
    budget: { restore: 1, handOff: 1, restart: 1 },
    restoreOf: m,
  }),
  of('D5', 'E is restored, hand-off, a restart', {
    budget: { restore: 1, handOff: 1, restart: 1 },
    restoreOf: e,
  }),
  of('E1', 'M is restored, also from before the pairing, hand-off', {
    paired: false,
    budget: { restore: 1, handOff: 1 },
    restoreOf: m,
  }),
  of('E2', 'E is restored, also from before the pairing, hand-off', {
    paired: false,
    budget: { restore: 1, handOff: 1 },
    restoreOf: e,
  }),
  of(
    'F1',
    'another database serves the module, hand-off',
    { budget: { foreign: 1, handOff: 1 } },
    { quick: true },
  ),
  of('F2', 'two shops on one NATS, the owner is restored', {
    budget: { foreign: 1, restore: 1 },
    restoreOf: m,
  }),
  of(
    'F3',
    'the peer sends rows that it does not own, and the owner is restored',
    { budget: { forged: 1, restore: 1 }, restoreOf: m },
    { quick: true },
  ),
  of('G1', 'failover to M, then E returns', { budget: { failover: 1, handOff: 1 } }),
  of(
    'H1',
    'degraded, the owner is restored',
    { budget: { degrade: 1, restore: 1 }, restoreOf: m },
    { quick: true },
  ),
  of('H2', 'degraded, the copy is restored, hand-off', {
    budget: { degrade: 1, restore: 1, handOff: 1 },
    restoreOf: e,
  }),
  of('L1', 'a late hello, restart, the owner is restored', {
    budget: { restore: 1, restart: 1, lateHello: 1 },
    restoreOf: m,
  }),
  of('J1', 'both are restored (one owner)', {
    budget: { restore: 2 },
    restoreOf: [0, 1],
    check: 'one owner',
  }),
  of('J2', 'both are restored, hand-off (one owner)', {
    budget: { restore: 2, handOff: 1 },
    restoreOf: [0, 1],
    check: 'one owner',
  }),
];
