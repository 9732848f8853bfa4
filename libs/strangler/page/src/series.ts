import type { ModuleSeries } from '../../src/control/commands/series.js';
import type { Side } from '../../src/routes/phase.js';

type BySide<T> = Readonly<Record<Side, readonly T[]>>;

/** What of `GET /modules/:module/series` is drawn. */
export type Series = Omit<ModuleSeries, 'module'>;

/** One line of a chart. */
export interface Line {
  label: string;
  tone: 'monolith' | 'extracted' | 'bad' | 'quiet';
  values: readonly (number | null)[];
  /** Points and no line. */
  sparse?: boolean;
  /** Told, and not drawn: its figures are of another size. */
  hidden?: boolean;
  dashed?: boolean;
}

/** One chart: what is drawn on the axis of time that all share. */
export interface Chart {
  title: string;
  unit: string;
  lines: readonly Line[];
}

/** What is drawn, in the order of the page. Pure. */
export function chartsOf(
  series: Series,
  /** How many times as slow as the old side the new one may be; null: as slow as it likes. */
  p99Ratio: number | null,
): Chart[] {
  const { at, calls, errors, p50Ms, p99Ms, lagMs, pending, percent } = series;
  const { shadow, probes, verifications, handOffs } = series;
  const both = (name: string, of: BySide<number | null>): Line[] => [
    { label: `${name} monolith`, tone: 'monolith', values: of.monolith },
    { label: `${name} extracted`, tone: 'extracted', values: of.extracted },
  ];
  return [
    { title: 'Calls', unit: 'a second', lines: both('', calls) },
    {
      title: 'Answered within',
      unit: 'ms',
      lines: [...both('p99', p99Ms), ...both('p50', p50Ms), ...allowed(p99Ms.monolith, p99Ratio)],
    },
    { title: 'Errors', unit: 'a second', lines: both('', errors) },
    {
      title: 'Share of the keys extracted',
      unit: '%',
      lines: [{ label: 'share', tone: 'extracted', values: percent }],
    },
    {
      title: 'On the way to the other side',
      unit: 'ms, rows',
      lines: [
        { label: 'lag, ms', tone: 'bad', values: lagMs },
        { label: 'rows', tone: 'quiet', values: pending },
      ],
    },
    comparisonsOf('Answers to customers compared', without(shadow, probes)),
    comparisonsOf('Answers to probes compared', probes),
    {
      title: 'Verification of all rows',
      unit: 'rows',
      lines: [
        { label: 'differ', tone: 'bad', sparse: true, values: inSteps(at, verifications, mostDifferent) },
        { label: 'compared', tone: 'quiet', hidden: true, values: inSteps(at, verifications, rowsOf) },
      ],
    },
    {
      title: 'Pauses of writers at hand-offs',
      unit: 'ms',
      lines: [{ label: 'pause', tone: 'bad', sparse: true, values: inSteps(at, handOffs, longestPause) }],
    },
  ];
}

/** What the gate lets the new side take. */
const allowed = (p99Ms: readonly (number | null)[], ratio: number | null): Line[] =>
  ratio === null
    ? []
    : [
        {
          label: 'gate',
          tone: 'bad',
          dashed: true,
          values: p99Ms.map((ms) => (ms === null ? null : ms * ratio)),
        },
      ];

const comparisonsOf = (title: string, { compared, mismatches, unavailable }: Series['shadow']): Chart => ({
  title,
  unit: 'a step',
  lines: [
    { label: 'compared', tone: 'extracted', values: compared },
    { label: 'differed', tone: 'bad', values: mismatches },
    { label: 'not comparable', tone: 'quiet', values: unavailable },
  ],
});

/** Those of customers: all, without those of probes. */
const without = (all: Series['shadow'], probes: Series['probes']): Series['shadow'] => {
  const less = (figure: keyof Series['shadow']) => all[figure].map((count, i) => count - probes[figure][i]!);
  return { compared: less('compared'), mismatches: less('mismatches'), unavailable: less('unavailable') };
};

/** What the events of each step say; null: there were none. */
function inSteps<T extends { at: string }>(
  at: readonly number[],
  events: readonly T[],
  of: (events: T[]) => number | null,
): (number | null)[] {
  return at.map((begin, place) => {
    const end = at[place + 1] ?? Infinity;
    const within = events.filter((each) => inSeconds(each.at) >= begin && inSeconds(each.at) < end);
    return within.length === 0 ? null : of(within);
  });
}

function longestPause(handOffs: Series['handOffs']): number | null {
  const pauses = handOffs.flatMap(({ pauseMs }) => pauseMs ?? []);
  return pauses.length === 0 ? null : Math.max(...pauses);
}

const mostDifferent = (verified: Series['verifications']): number =>
  Math.max(...verified.map(({ differences }) => differences));

const rowsOf = (verified: Series['verifications']): number => Math.max(...verified.map(({ rows }) => rows));

export const inSeconds = (at: string): number => +new Date(at) / 1_000;

/** Borders of a histogram of pauses, in ms, and how many pauses are below each. */
export function pauseCounts(handOffs: Series['handOffs']): { below: number; count: number }[] {
  const pauses = handOffs.flatMap(({ pauseMs }) => pauseMs ?? []);
  const borders = [10, 20, 50, 100, 200, 500, 1_000, Infinity];
  return borders.map((below, place) => ({
    below,
    count: pauses.filter((ms) => ms < below && ms >= (borders[place - 1] ?? 0)).length,
  }));
}
