import type { Queryable } from '../database/database.js';
import { sides, type Side } from '../routes/phase.js';
import type { SteppedCalls } from './call-steps.js';
import { noComparisons, type Comparisons } from './evidence.js';
import { percentile } from './histogram.js';
import { inSteps, rowsInSteps, stepped } from './stepped.js';
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

/** At most one row of each side and step. Pure. */
export function callSeries(rows: readonly SteppedCalls[], steps: TimeSteps): CallSeries {
  const bySide = <T>(of: (found: SteppedCalls | undefined) => T) => {
    const series = (side: Side): T[] =>
      inSteps(
        rows.filter((row) => row.side === side),
        steps,
        of,
      );
    return Object.fromEntries(sides.map((side) => [side, series(side)])) as Record<Side, T[]>;
  };
  const aSecond = (count = 0): number => count / steps.stepSeconds;
  const share = (found: SteppedCalls | undefined, part: number) =>
    found ? percentile(found.latency, part) : null;
  return {
    calls: bySide((found) => aSecond(found?.calls)),
    errors: bySide((found) => aSecond(found?.errors)),
    p50Ms: bySide((found) => share(found, 0.5)),
    p99Ms: bySide((found) => share(found, 0.99)),
  };
}

/** Comparisons of a module: all, and those of the controller's own questions. */
export async function comparisonSeries(
  database: Queryable,
  module: string,
  steps: TimeSteps,
): Promise<Record<'shadow' | 'probes', ComparisonSeries>> {
  const rows = await rowsInSteps<ComparisonStep>(database, comparisonSteps, module, steps);
  const series = (which: keyof ComparisonStep): ComparisonSeries => {
    const of = (figure: keyof Comparisons) =>
      inSteps(rows, steps, (found) => (found?.[which] ?? noComparisons)[figure]);
    return { compared: of('compared'), mismatches: of('mismatches'), unavailable: of('unavailable') };
  };
  return { shadow: series('shadow'), probes: series('probes') };
}

type ComparisonStep = Record<'shadow' | 'probes', Comparisons>;

const sumsOf = (which: string): string => `json_build_object('compared', coalesce(sum(compared) ${which}, 0),
    'mismatches', coalesce(sum(mismatches) ${which}, 0), 'unavailable', coalesce(sum(unavailable) ${which}, 0))`;

const comparisonSteps = `
  select ${stepped.step}, ${sumsOf('')} as shadow, ${sumsOf(`filter (where origin = 'probe')`)} as probes
  from strangler.shadow_window where ${stepped.within} and origin in ('customer', 'probe')
  group by step`;
