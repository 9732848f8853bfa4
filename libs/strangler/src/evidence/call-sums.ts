import type { Queryable } from '../database/database.js';
import { noCalls, type Calls, type Origin } from './evidence.js';
import type { Side } from '../routes/phase.js';

/** Evidence older than this, in ms, says nothing of now. */
export const longestMs = 3_600_000;
/** What is asked when it is asked for a burst, in ms. */
const recentMs = 10_000;
const minuteMs = 60_000;
/** A process that could not write its calls down for longer than this, in ms, writes them too late to count. */
const settledMs = 60_000;

/** The sums of one population; `recent`: of the last ten seconds, once more. */
export type CallRow = { side: Side; origin: Origin; recent: boolean } & Calls;

/** Calls to one module, made by the processes on one database. */
export interface CallReport {
  /** Which database. */
  home: string;
  /** At most one of each side, origin, and age. */
  rows: readonly CallRow[];
}

/** What is asked of other databases. */
export interface CallQuestion {
  module: string;
  /** Calls of the last so many ms. */
  ageMs: number;
}

type MinuteRow = Omit<CallRow, 'recent'> & { minute: number };

/**
 * Adds up what the processes on one database have seen. It is asked each second, and an hour holds 21,600 slots where three processes
 * call two sides: so whole minutes that nobody writes to any more are added up once, and only the rest is read each time.
 */
export class CallSums {
  /** By module, then by minute (its beginning, ms since 1970, by the database's clock). */
  private readonly settled = new Map<string, Map<number, readonly MinuteRow[]>>();

  constructor(private readonly database: Queryable) {}

  /** At most of the last hour. */
  async report({ module, ageMs }: CallQuestion): Promise<CallReport> {
    const [database] = await this.database.query<{ home: string; now: number }>(
      'select strangler.home() as home, extract(epoch from clock_timestamp())::float8 * 1000 as now',
      [],
      { prepared: true },
    );
    const { home = '', now = 0 } = database ?? {};
    const since = now - Math.min(ageMs, longestMs);
    const first = Math.ceil(since / minuteMs) * minuteMs;
    const end = Math.max(first, Math.floor((now - settledMs) / minuteMs) * minuteMs);
    const [minutes, open] = await Promise.all([
      this.minutes(module, first, end),
      this.database.query<CallRow>(openSums, [module, since, first, end, now - recentMs], { prepared: true }),
    ]);
    return { home, rows: addedUp([...minutes.map((row) => ({ ...row, recent: false })), ...open]) };
  }

  /** Of the minutes from `first` up to `end`. */
  private async minutes(module: string, first: number, end: number): Promise<readonly MinuteRow[]> {
    const known = this.settled.get(module) ?? new Map<number, readonly MinuteRow[]>();
    this.settled.set(module, known);
    for (const minute of known.keys()) if (minute < first) known.delete(minute);
    const wanted = Array.from({ length: (end - first) / minuteMs }, (_, i) => first + i * minuteMs);
    const missing = wanted.filter((minute) => !known.has(minute));
    const from = missing[0];
    if (from !== undefined) {
      const rows = await this.database.query<MinuteRow>(minuteSums, [module, from, end]);
      for (const minute of missing)
        known.set(
          minute,
          rows.filter((row) => row.minute === minute),
        );
    }
    return wanted.flatMap((minute) => known.get(minute) ?? []);
  }
}

const time = (ms: string): string => `to_timestamp(${ms}::float8 / 1000)`;

/** Sums of what `looks` gives, by the columns `by`. */
const sumsBy = (by: string): string => `
  durations as (
    select ${by}, array_agg(calls order by place) as latency
    from (select ${by}, place, sum(each)::integer as calls
          from looks cross join unnest(latency) with ordinality l (each, place) group by ${by}, place) by_place
    group by ${by})
  select ${by}, sum(calls)::float8 as calls, sum(errors)::float8 as errors, d.latency
  from looks join durations d using (${by}) group by ${by}, d.latency`;

const minuteSums = `
  with looks as materialized (
    select side, origin, calls, errors, latency,
      extract(epoch from date_bin('1 min', slot, timestamptz 'epoch'))::float8 * 1000 as minute
    from strangler.call_window where module = $1 and slot >= ${time('$2')} and slot < ${time('$3')}),
  ${sumsBy('side, origin, minute')}`;

const openSums = `
  with within as materialized (
    select side, origin, calls, errors, latency, slot >= ${time('$5')} as burst
    from strangler.call_window where module = $1 and slot >= ${time('$2')}
      and (slot < ${time('$3')} or slot >= ${time('$4')})),
  looks as (select side, origin, calls, errors, latency, false as recent from within
    union all select side, origin, calls, errors, latency, true from within where burst),
  ${sumsBy('side, origin, recent')}`;

function addedUp(rows: readonly CallRow[]): CallRow[] {
  const sums = new Map<string, CallRow>();
  for (const row of rows) {
    const { side, origin, recent } = row;
    const key = `${side} ${origin} ${recent}`;
    sums.set(key, { side, origin, recent, ...addUp(sums.get(key) ?? noCalls, row) });
  }
  return [...sums.values()];
}

/** Calls of both. */
export const addUp = (a: Calls, b: Calls): Calls => ({
  calls: a.calls + b.calls,
  errors: a.errors + b.errors,
  latency: a.latency.map((each, i) => each + (b.latency[i] ?? 0)),
});
