import { addSteps, reportSteps, stepsQuestion } from '../../evidence/call-steps.js';
import {
  callSeries,
  comparisonSeries,
  type CallSeries,
  type ComparisonSeries,
} from '../../evidence/series.js';
import { keptRange, stepSecondsFor, stepsIn } from '../../evidence/time-steps.js';
import type { ModuleRow } from '../store/module-row.js';
import type { StateSeries } from '../store/state-windows.js';
import { bandsOf, marksOf, type Band, type Mark, type Verified } from '../terms/moves.js';
import type { CommandParts } from './command.js';

/**
 * Which part of a module's last day is asked for.
 *
 * @example
 * ```ts
 * const lastHour: SeriesQuestion = { minutes: 60 };
 * ```
 */
export interface SeriesQuestion {
  /** So much of it, 1 to 1440. */
  minutes: number;
  /** Its end, RFC 3339; left out: now. */
  until?: string;
}

/**
 * How a module did over time; the body of `GET /modules/:module/series`. All series have a value for each step.
 *
 * @example
 * ```ts
 * const { at, calls, lagMs }: ModuleSeries = await operator.series('orders', { minutes: 15 });
 * at.forEach((second, i) => console.log(new Date(second * 1_000), calls.extracted[i], lagMs[i]));
 * ```
 */
export interface ModuleSeries extends CallSeries, StateSeries {
  module: string;
  /** RFC 3339. What is older than a day is not kept, so the range may be shorter than asked for. */
  from: string;
  until: string;
  stepSeconds: number;
  /** The beginning of each step, in s since 1970, without gaps. Only whole steps: the last one ends up to a step before `until`. */
  at: number[];
  /** Answers that were compared, by the step, of customers and probes together. */
  shadow: ComparisonSeries;
  /** Those of probes. */
  probes: ComparisonSeries;
  /** The phases of the range, without gaps; RFC 3339. */
  phases: (Omit<Band, 'from' | 'until'> & { from: string; until: string })[];
  /** The hand-offs that ended in the range. */
  handOffs: (Omit<Mark, 'at'> & { at: string })[];
  /** The comparisons of all rows that ended in the range. */
  verifications: (Omit<Verified, 'at'> & { at: string })[];
}

/** What the windows and the history say of a module. */
export async function seriesOf(
  { module, phase }: ModuleRow,
  { store, states, database, needs }: Pick<CommandParts, 'store' | 'states' | 'database' | 'needs'>,
  { minutes, until }: SeriesQuestion,
): Promise<ModuleSeries> {
  const now = await store.now();
  const range = keptRange(minutes, until === undefined ? null : Date.parse(until), now);
  const steps = stepsIn(range, stepSecondsFor(minutes), now);
  const question = stepsQuestion(module, steps, now);
  const [here, elsewhere, comparisons, stood, moves, verified] = await Promise.all([
    reportSteps(database, question),
    needs.callSteps?.(question) ?? [],
    comparisonSeries(database, module, steps),
    states.series(module, steps),
    store.history.moves(module, range.from),
    store.history.verifications(module, range.from),
  ]);
  const { at, stepSeconds } = steps;
  return {
    ...{ module, from: timeOf(range.from), until: timeOf(range.until), stepSeconds, at: [...at] },
    ...callSeries(addSteps([...elsewhere, here]), steps),
    ...comparisons,
    ...stood,
    phases: bandsOf(range, moves, phase).map((band) => ({
      ...band,
      from: timeOf(band.from),
      until: timeOf(band.until),
    })),
    handOffs: marksOf(range, moves).map((mark) => ({ ...mark, at: timeOf(mark.at) })),
    verifications: verified
      .filter(({ at: when }) => when <= range.until)
      .map((each) => ({ ...each, at: timeOf(each.at) })),
  };
}

const timeOf = (ms: number): string => new Date(ms).toISOString();
