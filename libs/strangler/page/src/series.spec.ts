import { chartsOf, pauseCounts, type Series } from './series.js';

const both = <T>(values: T[]) => ({ monolith: values, extracted: values });
const series: Series = {
  from: '2026-01-01T00:00:00Z',
  until: '2026-01-01T00:00:30Z',
  stepSeconds: 10,
  at: [1_767_225_600, 1_767_225_610, 1_767_225_620],
  calls: both([1, 2, 3]),
  errors: both([0, 0, 1]),
  p50Ms: both([1, null, 2]),
  p99Ms: both([3, null, 4]),
  shadow: { compared: [1, 1, 1], mismatches: [0, 0, 1], unavailable: [0, 1, 0] },
  probes: { compared: [1, 0, 1], mismatches: [0, 0, 0], unavailable: [0, 1, 0] },
  lagMs: [null, 5, 6],
  pending: [null, 1, 0],
  percent: [0, 0, 1],
  phases: [],
  handOffs: [
    { at: '2026-01-01T00:00:11Z', from: 0, to: 1, pauseMs: 40 },
    { at: '2026-01-01T00:00:12Z', from: 1, to: 5, pauseMs: 15 },
    { at: '2026-01-01T00:00:29Z', from: 5, to: 25, pauseMs: null },
  ],
  verifications: [
    { at: '2026-01-01T00:00:05Z', rows: 900, differences: 2 },
    { at: '2026-01-01T00:00:25Z', rows: 1_000, differences: 0 },
  ],
};

it('draws every line on the same axis of time', () => {
  for (const { lines } of chartsOf(series, 3))
    for (const { values } of lines) expect(values).toHaveLength(series.at.length);
});

it('shows the longest pause of writers of each step', () => {
  const pauses = chartsOf(series, 3).find(({ title }) => title.startsWith('Pauses'))!;
  expect(pauses.lines[0]!.values).toEqual([null, 40, null]);
});

it('counts each pause that is known once', () => {
  const counts = pauseCounts(series.handOffs);
  expect(counts.filter(({ count }) => count > 0)).toEqual([
    { below: 20, count: 1 },
    { below: 50, count: 1 },
  ]);
});

it('shows up to where the gate lets the new side be slow', () => {
  const { lines } = chartsOf(series, 3).find(({ title }) => title === 'Answered within')!;
  expect(lines.find(({ label }) => label === 'gate')?.values).toEqual([9, null, 12]);
  const without = chartsOf(series, null).find(({ title }) => title === 'Answered within')!;
  expect(without.lines.map(({ label }) => label)).not.toContain('gate');
});

it('tells comparisons of customers’ answers from those of probes', () => {
  const of = (title: string) =>
    chartsOf(series, 3)
      .find((chart) => chart.title === title)!
      .lines.map(({ values }) => values);
  expect(of('Answers to customers compared')).toEqual([
    [0, 1, 0],
    [0, 0, 1],
    [0, 0, 0],
  ]);
  expect(of('Answers to probes compared')).toEqual([
    [1, 0, 1],
    [0, 0, 0],
    [0, 1, 0],
  ]);
});

it('tells each verification where it ended, and how many rows it has compared', () => {
  const { lines } = chartsOf(series, 3).find(({ title }) => title.startsWith('Verification'))!;
  expect(lines.map(({ values }) => values)).toEqual([
    [2, null, 0],
    [900, null, 1_000],
  ]);
});
