import type { Database, Queryable } from '../database/database.js';
import { sides, type Side } from '../routes/phase.js';
import { addUp } from './call-sums.js';
import type { Calls } from './evidence.js';
import { bucketsOfTime } from './histogram.js';
import { areCalls, isCount, isMapping } from './reported.js';
import { rowsInSteps, stepped, type Stepped } from './stepped.js';
import { mostSteps, slotSeconds, type TimeSteps } from './time-steps.js';

/** What is asked of other databases: customers' calls to a module, step by step. */
export interface StepsQuestion {
  module: string;
  /** How long ago the first step began, in ms: no two clocks are compared. */
  ageMs: number;
  count: number;
  stepSeconds: number;
}

/** Those to one side in one step. */
export type SteppedCalls = Stepped<{ side: Side } & Calls>;

/** What the processes on one database have seen. */
export interface StepsReport {
  /** Which database. */
  home: string;
  /** At most one of each side and step. */
  rows: readonly SteppedCalls[];
}

/** Who reports the calls of the processes on another database. */
export interface StepsReporter {
  callStepsTo(question: StepsQuestion): Promise<StepsReport>;
}

/** The question about steps that were made by a clock that says `now`, ms since 1970. Pure. */
export const stepsQuestion = (
  module: string,
  { at, stepSeconds }: TimeSteps,
  now: number,
): StepsQuestion => ({
  ...{ module, stepSeconds, count: at.length },
  ageMs: now - (at[0] ?? 0) * 1_000,
});

/** Answers it by the clock of this database. */
export async function reportSteps(
  database: Queryable,
  { module, ageMs, count, stepSeconds }: StepsQuestion,
): Promise<StepsReport> {
  const [{ home, now } = { home: '', now: 0 }] = await database.query<{ home: string; now: number }>(
    'select strangler.home() as home, extract(epoch from clock_timestamp())::float8 as now',
    [],
    { prepared: true },
  );
  // The question was on its way for a while, and slots begin at round seconds.
  const first = Math.round((now - ageMs / 1_000) / slotSeconds) * slotSeconds;
  const at = Array.from({ length: Math.min(count, mostSteps) }, (_, i) => first + i * stepSeconds);
  return { home, rows: await rowsInSteps(database, callSteps, module, { at, stepSeconds }) };
}

/** Whoever asks waits so long for an answer, in ms: somebody looks at a chart, and it may be of a day. */
export const stepsPatienceMs = 3_000;

/**
 * Answers somebody else's question, as long as he waits: of those that come anew each time nobody has waited, no two are worked at.
 * @throws what the server says of a statement that takes too long
 */
export const reportStepsInTime = (
  database: Pick<Database, 'transaction'>,
  question: StepsQuestion,
  patienceMs = stepsPatienceMs,
): Promise<StepsReport> =>
  database.transaction((on) => reportSteps(on, question), { statementTimeoutMs: patienceMs });

/** Asks all of them at once. Who does not answer, or not as he should, has reported nothing. */
export async function stepsOf(
  reporters: readonly StepsReporter[],
  question: StepsQuestion,
): Promise<StepsReport[]> {
  const answers = await Promise.allSettled(reporters.map((each) => each.callStepsTo(question)));
  return answers.flatMap((answer) =>
    answer.status === 'fulfilled' && isReport(answer.value, question) ? [answer.value] : [],
  );
}

/** The calls of all databases together, each of which counts once. Pure. */
export function addSteps(reports: readonly StepsReport[]): SteppedCalls[] {
  const byHome = new Map(reports.map((report) => [report.home, report.rows]));
  const sums = new Map<string, SteppedCalls>();
  for (const row of [...byHome.values()].flat()) {
    const key = `${row.side} ${row.step}`;
    const sum = sums.get(key);
    sums.set(key, sum ? { ...row, ...addUp(sum, row) } : row);
  }
  return [...sums.values()];
}

const isReport = (value: unknown, { count }: StepsQuestion): value is StepsReport =>
  isMapping(value) &&
  typeof value['home'] === 'string' &&
  Array.isArray(value['rows']) &&
  value['rows'].length <= count * sides.length &&
  value['rows'].every(isRow);

const isRow = (value: unknown): value is SteppedCalls =>
  isMapping(value) &&
  (sides as readonly unknown[]).includes(value['side']) &&
  isCount(value['step']) &&
  areCalls(value);

/** Bucket by bucket: to take arrays apart and put them together again takes several times as long. */
const latencies = Array.from({ length: bucketsOfTime }, (_, i) => `sum(latency[${i + 1}])`).join(', ');

const callSteps = `
  select side, ${stepped.step}, sum(calls)::float8 as calls, sum(errors)::float8 as errors,
    array[${latencies}]::integer[] as latency
  from strangler.call_window where ${stepped.within} and origin = 'customer'
  group by side, step`;
