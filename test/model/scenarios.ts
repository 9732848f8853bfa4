import { final, today, type Rules } from './rules.js';
import { base, type Scenario } from './scenario.js';

/** A scenario that has to be clean, or has to fail: `expected` is how the broken promise begins. */
export interface Named {
  name: string;
  what: string;
  scenario: Scenario;
  expected: string | null;
  /** So small that it runs in every `npm test`. */
  quick: boolean;
}

interface How {
  rules?: Rules;
  expected?: string;
  quick?: boolean;
}

const of = (name: string, what: string, some: Partial<Scenario>, how: How = {}): Named => ({
  name,
  what,
  scenario: { ...base, rules: how.rules ?? final, ...some },
  expected: how.expected ?? null,
  quick: how.quick ?? false,
});

const m = [0] as const;
const e = [1] as const;
/** M owns bucket 1, E owns bucket 0. */
const divided = { below: 1 } as const;

/** The protocol as it is to become: no promise is broken in any of these. */
export const clean: Named[] = [
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
  of('W1', 'a witness file, the owner is restored, a restart', {
    witness: 'file',
    budget: { restore: 1, restart: 1 },
    restoreOf: m,
  }),
  of('W2', 'a witness file, hand-off, M is restored', {
    witness: 'file',
    budget: { restore: 1, handOff: 1 },
    restoreOf: m,
  }),
  of('W3', 'a witness file, hand-off, E is restored', {
    witness: 'file',
    budget: { restore: 1, handOff: 1 },
    restoreOf: e,
  }),
  of('W4', 'a witness file, failover to M, then E returns', {
    witness: 'file',
    budget: { failover: 1, restart: 1 },
    below: 2,
    borders: [],
  }),
  of('W5', 'a witness of the process that led last, another leader, the owner is restored', {
    witness: 'process',
    budget: { restore: 1, newLeader: 1 },
    writes: [1, 1],
    restoreOf: m,
  }),
  of('W6', 'a witness of the last process, hand-off, M is restored', {
    witness: 'process',
    budget: { restore: 1, handOff: 1 },
    restoreOf: m,
  }),
  of('W7', 'a witness of a clean stop, the owner is restored', {
    witness: 'clean stop',
    budget: { cleanStop: 1, restore: 1 },
    restoreOf: m,
  }),
  of('W8', 'a witness of a clean stop, hand-off, M is restored', {
    witness: 'clean stop',
    budget: { cleanStop: 1, restore: 1, handOff: 1 },
    restoreOf: m,
  }),
  of('W9', 'without any witness, restarts only', {
    witness: 'nothing at all',
    budget: { restart: 2, handOff: 1 },
  }),
  of('M1', 'the owner resumes from a memory snapshot, on the same start: every write is somewhere', {
    heartbeats: true,
    budget: { resume: 1 },
    restoreOf: m,
    check: 'somewhere',
    wayOut: false,
  }),
  of('M2', 'the copy resumes from a memory snapshot, on the same start: every write is somewhere', {
    heartbeats: true,
    budget: { resume: 1 },
    restoreOf: e,
    check: 'somewhere',
  }),
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
  of('X7', 'a witness file, there and back, M is restored, a restart', {
    witness: 'file',
    borders: [0, 2],
    budget: { restore: 1, restart: 1, handOff: 2 },
    restoreOf: m,
  }),
  of('X8', 'a witness file, divided, failover, hand-off, a restart', {
    ...divided,
    witness: 'file',
    writes: [1, 2],
    borders: [2],
    budget: { failover: 1, restart: 1, handOff: 1 },
  }),
  of('X9', 'bulk and single statements in parts, a row is parked, hand-off, M is restored', {
    writes: [3, 1],
    borders: [1],
    parts: true,
    budget: { park: 1, handOff: 1, restore: 1 },
    restoreOf: m,
  }),
];

/** What cannot hold: each has a counterexample, and guarantees.md has to say so. */
export const limits: Named[] = [
  of(
    'K1',
    'serves without a witness, the owner is restored',
    {
      witness: 'nothing at all',
      budget: { restore: 1 },
      restoreOf: m,
    },
    { expected: 'I2', quick: true },
  ),
  of(
    'K2',
    'serves without a witness, hand-off, M is restored',
    {
      witness: 'nothing at all',
      budget: { restore: 1, handOff: 1 },
      check: 'one owner',
      restoreOf: m,
    },
    { expected: 'I1', quick: true },
  ),
  of(
    'K3',
    'a machine resumes from a memory snapshot, on the same start',
    {
      budget: { resume: 1 },
      restoreOf: m,
    },
    { expected: 'I2', quick: true },
  ),
  of(
    'K5',
    'the same with a second write, with every rule: is each write somewhere?',
    { heartbeats: true, writes: [1, 1], budget: { resume: 1 }, restoreOf: m, check: 'somewhere' },
    { expected: 'I2' },
  ),
  of(
    'K4',
    'both are restored',
    {
      budget: { restore: 2 },
      restoreOf: [0, 1],
    },
    { expected: 'I2' },
  ),
];

const old = (name: string, what: string, some: Partial<Scenario>, expected: string): Named =>
  of(name, what, { wayOut: false, ...some }, { rules: today, expected, quick: true });

/** The holes of the protocol at 0.1.0. */
export const holes: Named[] = [
  old(
    'today 1',
    'M is put back from before the pairing',
    { paired: false, budget: { restore: 1, handOff: 1 }, restoreOf: m },
    'I',
  ),
  old(
    'today 2',
    'another database serves the module, hand-off',
    { budget: { foreign: 1, handOff: 1 } },
    'I2',
  ),
  old(
    'today 3',
    'the copy loses what it had confirmed',
    { budget: { restore: 1, handOff: 1 }, restoreOf: e },
    'I',
  ),
  old('today 4', 'the owner loses its last commits', { budget: { restore: 1 }, restoreOf: m }, 'I2'),
  old(
    'today 5',
    'an absent outbox row counts as stored',
    { budget: { restore: 1 }, restoreOf: m, check: 'somewhere' },
    'I2',
  ),
  old(
    'today 6',
    'a late `own` after a restore',
    { budget: { restore: 1, handOff: 1, late: 1 }, restoreOf: e, check: 'one owner' },
    'I1',
  ),
];
