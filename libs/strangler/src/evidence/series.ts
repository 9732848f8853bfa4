import type { Queryable } from '../database/database.js';
import { sides, type Side } from '../routes/phase.js';
import { noComparisons, type Comparisons } from './evidence.js';
import { bucketsOfTime, percentile, type Histogram } from './histogram.js';
import { inSteps, rowsInSteps, stepped, type Stepped } from './stepped.js';
import type { TimeSteps } from './time-steps.js';

/** A value each step. */
export type Series = number[];
/** Null: nothing is known of the step. */
export type SparseSeries = (number | null)[];

/** How customers' calls to each side went. */
export interface CallSeries {
  /** A second. */
  calls: Record<Side, Series>;
  errors: Record<Side, Series>;
  /** Null: there were no calls in the step. */
  p50Ms: Record<Side, SparseSeries>;
  p99Ms: Record<Side, SparseSeries>;
}

/** How comparisons went, a step. */
export type ComparisonSeries = Record<keyof Comparisons, Series>;

interface CallStep {
  side: Side;
  calls: number;
  errors: number;
  latency: Histogram;
}
type ComparisonStep = Record<'shadow' | 'probes', Comparisons>;

/** What the processes on a database have seen of a module over time. */
export class SeriesReader {
  constructor(private readonly database: Queryable) {}

  async calls(module: string, steps: TimeSteps): Promise<CallSeries> {
    return callSeriesOf(await rowsInSteps<CallStep>(this.database, callSteps, module, steps), steps);
  }

  /** All, and those of the controller's own questions. */
  async comparisons(
    module: string,
    steps: TimeSteps,
  ): Promise<Record<'shadow' | 'probes', ComparisonSeries>> {
    const rows = await rowsInSteps<ComparisonStep>(this.database, comparisonSteps, module, steps);
    const series = (which: 'shadow' | 'probes'): ComparisonSeries => {
      const of = (figure: keyof Comparisons) =>
        inSteps(rows, steps, (found) => (found?.[which] ?? noComparisons)[figure]);
      return { compared: of('compared'), mismatches: of('mismatches'), unavailable: of('unavailable') };
    };
    return { shadow: series('shadow'), probes: series('probes') };
  }
}

/** Bucket by bucket: to take arrays apart and put them together again takes several times as long. */
const latencies = Array.from({ length: bucketsOfTime }, (_, i) => `sum(latency[${i + 1}])`).join(', ');

const callSteps = `
  select side, ${stepped.at}, sum(calls)::float8 as calls, sum(errors)::float8 as errors,
    array[${latencies}]::integer[] as latency
  from strangler.call_window where ${stepped.within} and origin = 'customer'
  group by side, at`;

const sumsOf = (which: string): string => `json_build_object('compared', coalesce(sum(compared) ${which}, 0),
    'mismatches', coalesce(sum(mismatches) ${which}, 0), 'unavailable', coalesce(sum(unavailable) ${which}, 0))`;

const comparisonSteps = `
  select ${stepped.at}, ${sumsOf('')} as shadow, ${sumsOf(`filter (where origin = 'probe')`)} as probes
  from strangler.shadow_window where ${stepped.within} and origin in ('customer', 'probe')
  group by at`;

/** Pure. */
function callSeriesOf(rows: readonly Stepped<CallStep>[], steps: TimeSteps): CallSeries {
  const bySide = <T>(of: (found: CallStep | undefined) => T) => {
    const series = (side: Side): T[] =>
      inSteps(
        rows.filter((row) => row.side === side),
        steps,
        of,
      );
    return Object.fromEntries(sides.map((side) => [side, series(side)])) as Record<Side, T[]>;
  };
  const aSecond = (count = 0): number => count / steps.stepSeconds;
  const share = (found: CallStep | undefined, part: number) =>
    found ? percentile(found.latency, part) : null;
  return {
    calls: bySide((found) => aSecond(found?.calls)),
    errors: bySide((found) => aSecond(found?.errors)),
    p50Ms: bySide((found) => share(found, 0.5)),
    p99Ms: bySide((found) => share(found, 0.99)),
  };
}
