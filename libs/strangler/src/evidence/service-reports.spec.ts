import { ServiceReports, type Reporter } from './service-reports.js';
import { emptyHistogram } from './histogram.js';
import type { CallReport, CallRow } from './call-sums.js';

/* What would go wrong: calls of a service count twice, or for another step; who does not answer stops the walk; rubbish is believed. */
const row = (calls: number, change: Partial<CallRow> = {}): CallRow => ({
  ...{ side: 'extracted', origin: 'customer', recent: false, calls, errors: 0, latency: emptyHistogram() },
  ...change,
});
const report = (home: string, ...rows: CallRow[]): CallReport => ({ home, rows });
const says = (answer: unknown): Reporter => ({ callsTo: () => Promise.resolve(answer as CallReport) });
const fails: Reporter = { callsTo: () => Promise.reject(new Error('a side has no method callsTo')) };
const question = { module: 'toy', ageMs: 60_000 };

/** Asks those who are there now. */
function asking(...first: Reporter[]) {
  const there = { reporters: first };
  const services = new ServiceReports(() => there.reporters);
  const ask = async (ageMs = question.ageMs) => {
    const reports = await services.ask({ ...question, ageMs });
    return Object.fromEntries(reports.map(({ home, rows }) => [home, rows.map(({ calls }) => calls)]));
  };
  return { there, ask };
}

it('each database counts once, whichever services stand on it', async () => {
  const { ask } = asking(says(report('a', row(5))), says(report('b', row(7))), says(report('a', row(5))));
  expect(await ask()).toEqual({ a: [5], b: [7] });
});

it('a service that does not know the question, or does not answer, reports nothing, and the others count', async () => {
  const { ask } = asking(fails, says(report('b', row(7))));
  expect(await ask()).toEqual({ b: [7] });
});

it('of who no longer answers counts what was last known, without its last ten seconds', async () => {
  const { there, ask } = asking(says(report('a', row(5), row(2, { recent: true }))));
  expect(await ask()).toEqual({ a: [5, 2] });
  there.reporters = [fails];
  expect(await ask()).toEqual({ a: [5] });
  there.reporters = [says(report('a', row(9)))];
  expect(await ask()).toEqual({ a: [9] });
});

it('what was known in one step is nothing in the next', async () => {
  const { there, ask } = asking(says(report('a', row(5))));
  await ask();
  there.reporters = [fails];
  expect(await ask(1_000)).toEqual({});
});

it.each<[what: string, answer: unknown]>([
  ['no report', null],
  ['no database', { rows: [] }],
  ['no rows', { home: 'a' }],
  ['too many rows', report('a', ...Array.from({ length: 9 }, () => row(1)))],
  ['a side that there is not', report('a', row(1, { side: 'both' as never }))],
  ['fewer than none', report('a', row(-1))],
  ['no number', report('a', row(NaN))],
  ['more errors than calls', report('a', row(1, { errors: 2 }))],
  ['a longer histogram', report('a', row(1, { latency: new Array<number>(51).fill(0) }))],
])('%s: it is not believed', async (_what, answer) => {
  const { ask } = asking(says(answer), says(report('b', row(7))));
  expect(await ask()).toEqual({ b: [7] });
});
