import fc from 'fast-check';
import {
  backOffMs,
  decideSaga,
  giveUpAfterMs,
  unknownTries,
  type SagaStanding,
  type StepResult,
} from './progress.js';

const error = { code: 'no', message: 'no', data: {} };
const result = (kind: StepResult['kind']): StepResult => (kind === 'ok' ? { kind } : { kind, error });
const at = (standing: Partial<SagaStanding>): SagaStanding => ({
  step: 2,
  attempts: 0,
  ageMs: 0,
  pastPivot: false,
  uncertain: false,
  ...standing,
});

const before = { pastPivot: false };
const after = { pastPivot: true };

it.each<[string, Partial<SagaStanding>, StepResult['kind'], ReturnType<typeof decideSaga>]>([
  ['done: on to the next', before, 'ok', { kind: 'advance' }],
  ['refused: what was done before it is undone', before, 'refused', { kind: 'compensate', from: 1 }],
  [
    'refused after a try that may have worked: it too',
    { uncertain: true },
    'refused',
    { kind: 'compensate', from: 2 },
  ],
  ['the first step refused: nothing to undo', { step: 0 }, 'refused', { kind: 'compensate', from: -1 }],
  ['not reached: what was done before it is undone', before, 'unreached', { kind: 'compensate', from: 1 }],
  [
    'not reached after a try that may have worked: it too',
    { uncertain: true },
    'unreached',
    { kind: 'compensate', from: 2 },
  ],
  ['no answer: once more, at once', before, 'unknown', { kind: 'retry', afterMs: 0 }],
  [
    'no answer again: undone, itself too',
    { attempts: unknownTries - 1 },
    'unknown',
    { kind: 'compensate', from: 2 },
  ],
  ['to wait for: waits', before, 'wait', { kind: 'wait', afterMs: 500 }],
  ['to wait for, again: waits longer', { attempts: 3 }, 'wait', { kind: 'wait', afterMs: 4_000 }],
  ['to wait for, for a day: undone', { ageMs: giveUpAfterMs + 1 }, 'wait', { kind: 'compensate', from: 1 }],
  ['past the pivot refused: tried on', after, 'refused', { kind: 'retry', afterMs: 500 }],
  ['past the pivot not reached: tried on', after, 'unreached', { kind: 'retry', afterMs: 500 }],
  [
    'past the pivot without answer: tried on',
    { ...after, attempts: 5 },
    'unknown',
    { kind: 'retry', afterMs: 16_000 },
  ],
  [
    'past the pivot for ever: tried on',
    { ...after, ageMs: giveUpAfterMs * 9 },
    'wait',
    { kind: 'retry', afterMs: 500 },
  ],
])('%s', (_what, standing, kind, verdict) => {
  expect(decideSaga(at(standing), result(kind))).toEqual(verdict);
});

const standings = fc.record({
  step: fc.nat(20),
  attempts: fc.nat(1_000),
  ageMs: fc.nat(2 * giveUpAfterMs),
  pastPivot: fc.boolean(),
  uncertain: fc.boolean(),
});
const results = fc
  .constantFrom<StepResult['kind']>('ok', 'refused', 'unreached', 'unknown', 'wait')
  .map(result);
const decided = (property: (standing: SagaStanding, result: StepResult) => void) =>
  fc.assert(fc.property(standings, results, property), { numRuns: 1_000 });

it('past the pivot there is only forward: the caller was promised success', () => {
  decided((standing, given) => {
    const { kind } = decideSaga({ ...standing, pastPivot: true }, given);
    expect(kind).toBe(given.kind === 'ok' ? 'advance' : 'retry');
  });
});

it('a step that may have been done is undone with the others, and never one that comes after it', () => {
  decided((standing, given) => {
    const verdict = decideSaga(standing, given);
    if (verdict.kind !== 'compensate') return;
    const mayBeDone = standing.uncertain || given.kind === 'unknown';
    expect(verdict.from).toBe(mayBeDone ? standing.step : standing.step - 1);
  });
});

it('nothing but success advances', () => {
  decided((standing, given) => {
    expect(decideSaga(standing, given).kind === 'advance').toBe(given.kind === 'ok');
  });
});

it('a saga never waits for a time that is not bounded', () => {
  decided((standing, given) => {
    const verdict = decideSaga(standing, given);
    if (!('afterMs' in verdict)) return;
    expect(verdict.afterMs).toBeGreaterThanOrEqual(0);
    expect(verdict.afterMs).toBeLessThanOrEqual(60_000);
    // Before the pivot a step is tried again at once, but only so often.
    if (verdict.afterMs === 0) expect(standing.attempts).toBeLessThan(unknownTries);
  });
});

it('backs off for longer each time, between half a second and a minute', () => {
  const waits = Array.from({ length: 50 }, (_, attempts) => backOffMs(attempts));
  expect(waits[0]).toBe(500);
  expect(waits.at(-1)).toBe(60_000);
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
});
