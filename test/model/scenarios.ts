import { e, m, of, type Named } from './named.js';
import { today } from './rules.js';
import type { Scenario } from './scenario.js';
import { crossed } from './scenarios-crossed.js';
import { parts } from './scenarios-parts.js';
import { whole } from './scenarios-whole.js';
import { witnessed } from './scenarios-witness.js';

export type { Named } from './named.js';

/** The protocol as it is to become: no promise is broken in any of these. */
export const clean: Named[] = [...whole, ...parts, ...witnessed, ...crossed];

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
