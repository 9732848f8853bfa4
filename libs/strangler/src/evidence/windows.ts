import { hostname } from 'node:os';
import type { Queryable } from '../database/database.js';
import { sides, type Side } from '../routes/phase.js';
import { addUp, CallSums, longestMs, type CallQuestion, type CallReport, type CallRow } from './call-sums.js';
import {
  noCalls,
  noComparisons,
  origins,
  type ByOrigin,
  type Calls,
  type Comparisons,
  type Origin,
} from './evidence.js';
import { keptMs } from './time-steps.js';

/** A comparison that takes longer than this, in ms, has been given up. */
const longestComparisonMs = 3_000;

/** Calls that one process has seen since it wrote the last ones down. */
export interface CallDelta extends Calls {
  module: string;
  side: Side;
  origin: Origin;
}
export interface ComparisonDelta extends Comparisons {
  module: string;
  origin: Origin | 'rehearsal';
}

/** What is counted of one module, of all processes. */
export interface WindowSums {
  ageMs: number;
  calls: ByOrigin<Readonly<Record<Side, Calls>>>;
  recent: ByOrigin<Readonly<Record<Side, Calls>>>;
  shadow: ByOrigin<Comparisons>;
  rehearsal: Comparisons;
}

type ShadowRow = Pick<ComparisonDelta, 'origin'> & Comparisons;

/** The slot in which something began `$n` ms ago; of a module that rests, a coarser one. */
const slotOf = (ageMs: string, coarse: string): string =>
  `date_bin(case when ${coarse} then interval '10 s' else interval '1 s' end,
     clock_timestamp() - ${ageMs}::float8 * interval '1 ms', timestamptz 'epoch')`;

/**
 * Calls and comparisons in slots of time, by process: what is lost with a process is what it has not written down yet.
 *
 * @internal
 */
export class Windows {
  private readonly process = `${hostname()}:${process.pid}`;

  private readonly calls: CallSums;

  constructor(private readonly database: Queryable) {
    this.calls = new CallSums(database);
  }

  /** Adds calls to the slot in which they began to be counted, `ageMs` ago. `resting`: modules that do not move. */
  async addCalls(deltas: readonly CallDelta[], ageMs: number, resting: readonly string[]): Promise<void> {
    await this.database.query(
      `insert into strangler.call_window as w (module, slot, process, side, origin, calls, errors, latency)
       select d.module, ${slotOf('$2', 'd.module = any($4)')}, $3, d.side, d.origin, d.calls, d.errors,
         array(select json_array_elements_text(d.latency)::integer)
       from json_to_recordset($1::json)
         d (module text, side text, origin text, calls integer, errors integer, latency json)
       on conflict (module, slot, process, side, origin) do update set calls = w.calls + excluded.calls,
         errors = w.errors + excluded.errors, latency = strangler.add_up(w.latency, excluded.latency)`,
      [JSON.stringify(deltas), ageMs, this.process, resting],
    );
  }

  async addComparisons(deltas: readonly ComparisonDelta[], ageMs: number): Promise<void> {
    await this.database.query(
      `insert into strangler.shadow_window as w (module, slot, process, origin, compared, mismatches, unavailable)
       select d.module, ${slotOf('$2', 'false')}, $3, d.origin, d.compared, d.mismatches, d.unavailable
       from json_to_recordset($1::json)
         d (module text, origin text, compared integer, mismatches integer, unavailable integer)
       on conflict (module, slot, process, origin) do update set compared = w.compared + excluded.compared,
         mismatches = w.mismatches + excluded.mismatches, unavailable = w.unavailable + excluded.unavailable`,
      [JSON.stringify(deltas), ageMs, this.process],
    );
  }

  /**
   * All of the last `stepAgeMs` (ms since the step began), but nothing from before the last outage; with what `elsewhere`
   * was seen. Each database counts once.
   */
  async sums(
    module: string,
    stepAgeMs: number,
    elsewhere: (question: CallQuestion) => Promise<readonly CallReport[]> = () => Promise.resolve([]),
  ): Promise<WindowSums> {
    const [evidence] = await this.database.query<{ ageMs: number | null }>(
      `select extract(epoch from clock_timestamp() - since)::float8 * 1000 as "ageMs"
       from strangler.evidence where module = $1`,
      [module],
      { prepared: true },
    );
    const ageMs = Math.max(0, Math.min(stepAgeMs, evidence?.ageMs ?? Infinity));
    const question = { module, ageMs };
    const [here, there, shadow] = await Promise.all([
      this.report(question),
      elsewhere(question),
      this.database.query<ShadowRow>(shadowSums, [module, Math.min(ageMs, longestMs)], { prepared: true }),
    ]);
    const reports = new Map([...there, here].map((report) => [report.home, report]));
    const calls = [...reports.values()].flatMap(({ rows }) => rows);
    return {
      ageMs,
      calls: callsBy(calls.filter(({ recent }) => !recent)),
      recent: callsBy(calls.filter(({ recent }) => recent)),
      shadow: byOrigin((origin) => comparisonsOf(origin, shadow)),
      rehearsal: comparisonsOf('rehearsal', shadow),
    };
  }

  /** What the processes on this database have seen, at most of the last hour. */
  report(question: CallQuestion): Promise<CallReport> {
    return this.calls.report(question);
  }

  /** What was seen until now says nothing of what comes: a side was not there. */
  async restart(module: string): Promise<void> {
    await this.database.query(
      `insert into strangler.evidence (module, since) values ($1, clock_timestamp())
       on conflict (module) do update set since = excluded.since`,
      [module],
    );
  }

  /** Lets no comparison of a module count any more, nor those that are under way in any process. */
  async clearComparisons(module: string): Promise<void> {
    await this.database.query(
      `insert into strangler.evidence (module, compared_since)
       values ($1, clock_timestamp() + $2::float8 * interval '1 ms')
       on conflict (module) do update set compared_since = excluded.compared_since`,
      [module, longestComparisonMs],
    );
  }

  /** Forgets what nobody looks at any more. */
  async prune(): Promise<void> {
    for (const table of ['call_window', 'shadow_window', 'state_window']) {
      await this.database.query(
        `delete from strangler.${table} where slot < clock_timestamp() - $1::float8 * interval '1 ms'`,
        [keptMs],
      );
    }
  }
}

const shadowSums = `
  select origin, sum(compared)::float8 as compared, sum(mismatches)::float8 as mismatches,
    sum(unavailable)::float8 as unavailable
  from strangler.shadow_window where module = $1 and slot >= clock_timestamp() - $2::float8 * interval '1 ms'
    and slot > coalesce((select compared_since from strangler.evidence where module = $1), '-infinity')
  group by origin`;

function comparisonsOf(origin: ComparisonDelta['origin'], rows: readonly ShadowRow[]): Comparisons {
  const { compared, mismatches, unavailable } = rows.find((row) => row.origin === origin) ?? noComparisons;
  return { compared, mismatches, unavailable };
}

const byOrigin = <T>(of: (origin: Origin) => T): ByOrigin<T> =>
  Object.fromEntries(origins.map((origin) => [origin, of(origin)])) as ByOrigin<T>;

const callsBy = (rows: readonly CallRow[]): WindowSums['calls'] =>
  byOrigin((origin) => {
    const of = (side: Side): Calls =>
      rows.filter((row) => row.side === side && row.origin === origin).reduce<Calls>(addUp, noCalls);
    return Object.fromEntries(sides.map((side) => [side, of(side)])) as Record<Side, Calls>;
  });
