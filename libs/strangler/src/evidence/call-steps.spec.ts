import {
  addSteps,
  stepsOf,
  stepsQuestion,
  type SteppedCalls,
  type StepsReport,
  type StepsReporter,
} from './call-steps.js';
import { emptyHistogram } from './histogram.js';

/* What would go wrong: calls of a gateway are in no chart, or there twice; who does not answer leaves the page empty; rubbish is drawn. */
const row = (step: number, calls: number, change: Partial<SteppedCalls> = {}): SteppedCalls => {
  const latency = emptyHistogram();
  latency[3] = calls;
  return { step, side: 'extracted', calls, errors: 1, latency, ...change };
};
const report = (home: string, ...rows: SteppedCalls[]): StepsReport => ({ home, rows });
const says = (answer: unknown): StepsReporter => ({
  callStepsTo: () => Promise.resolve(answer as StepsReport),
});
const fails: StepsReporter = {
  callStepsTo: () => Promise.reject(new Error('a side has no method callStepsTo')),
};
const question = stepsQuestion('toy', { at: [1_000, 1_010], stepSeconds: 10 }, 1_100_500);

it('asks by how long ago the first step began', () => {
  expect(question).toEqual({ module: 'toy', ageMs: 100_500, count: 2, stepSeconds: 10 });
});

it('calls of all databases are added up, by side and step; each database counts once, and this one as it says itself', () => {
  const rows = addSteps([
    report('a', row(0, 5), row(1, 7)),
    report('b', row(1, 2), row(1, 3, { side: 'monolith', errors: 0 })),
    report('a', row(0, 6), row(1, 7)),
  ]);
  const told = rows.map(({ side, step, calls, errors, latency }) => [side, step, calls, errors, latency[3]]);
  expect(told.sort()).toEqual([
    ['extracted', 0, 6, 1, 6],
    ['extracted', 1, 9, 2, 9],
    ['monolith', 1, 3, 0, 3],
  ]);
});

it('who does not know the question, or does not answer, has reported nothing, and the others count', async () => {
  const asked = [fails, says(report('b', row(0, 7))), says(report('c'))];
  expect((await stepsOf(asked, question)).map(({ home }) => home)).toEqual(['b', 'c']);
});

it.each([
  ['nothing', null],
  ['no home', { rows: [] }],
  [
    'what a release before answers',
    { home: 'a', rows: [{ ...row(0, 1), step: undefined, origin: 'customer', recent: false }] },
  ],
  ['another side', report('a', row(0, 1, { side: 'both' as never }))],
  ['half a call', report('a', row(0, 0.5))],
  ['more errors than calls', report('a', row(0, 1, { errors: 2 }))],
  ['a step of its own', report('a', row(-1, 1))],
  ['text for a duration', report('a', row(0, 1, { latency: ['1'] as never }))],
  ['more rows than steps', report('a', row(0, 1), row(1, 1), row(0, 1), row(1, 1), row(0, 1))],
])('%s is not believed', async (_what, answer) => {
  expect(await stepsOf([says(answer)], question)).toEqual([]);
});
