import { e, m, of, type Named } from './named.js';

/** What a side relies on while its peer is silent, and a machine that resumes from a snapshot of its memory. */
export const witnessed: Named[] = [
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
];
