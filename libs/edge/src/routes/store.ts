import type { Retention, RouteHistoryEntry } from 'nestjs-strangler';
import type { Database, Queryable } from 'nestjs-strangler/internal';
import { Logger } from '@nestjs/common';
import type { RouteChange, RouteRow } from './decide.js';

/** What is to be written into the history. */
export type NewRouteEntry = Pick<RouteHistoryEntry, 'actor' | 'action' | 'outcome'> &
  Partial<Pick<RouteHistoryEntry, 'reason' | 'figures'>>;

/** How long records are kept, in ms. */
export type Kept = Pick<Retention, 'historyMs' | 'samplesMs'>;

/** Of each route, however old: how it came to where it is. */
const latestKept = 100;
/** Of the history, so that nobody waits for it. */
const mostAtOnce = 1_000;

const columns = `path, phase, percent,
  json_build_object('percent', wanted_percent, 'by', wanted_by, 'actor', wanted_actor) as wanted,
  paused, pause_reason as "pauseReason", run, filed, approved, upstreams,
  (extract(epoch from step_since) * 1000)::float8 as "stepSince", version::float8 as version`;

type Standing = Pick<RouteRow, 'path' | 'percent'>;

/** Routes in the gateway's database. Every change is a compare-and-set on the row's version, with its line of the history. */
export class RouteStore {
  private readonly logger = new Logger('history');

  constructor(private readonly database: Database) {}

  /** Makes rows for routes that have none yet: everybody at `legacy`. */
  async ensure(paths: readonly string[]): Promise<void> {
    await this.database.query(
      'insert into gateway.edge_routes (path) select unnest($1::text[]) on conflict (path) do nothing',
      [paths],
    );
  }

  all(): Promise<RouteRow[]> {
    return this.database.query<RouteRow>(`select ${columns} from gateway.edge_routes`);
  }

  async read(path: string): Promise<RouteRow | undefined> {
    const [row] = await this.database.query<RouteRow>(
      `select ${columns} from gateway.edge_routes where path = $1`,
      [path],
    );
    return row;
  }

  /** What time it is by the clock that all gateways share, in ms since 1970. */
  async now(): Promise<number> {
    const [row] = await this.database.query<{ now: number }>(
      'select extract(epoch from clock_timestamp())::float8 * 1000 as now',
    );
    return row!.now;
  }

  /**
   * Writes a row as it was seen, where the database knows less of it: it was put back from a backup. Else a route that has moved would be
   * answered by whoever answered it before, and there would be two writers.
   */
  async putBack(row: RouteRow): Promise<void> {
    const { path, phase, percent, wanted, paused, pauseReason, run, filed, approved, upstreams } = row;
    const { stepSince, version } = row;
    const entry = {
      ...{ actor: 'gateway', action: 'put back', outcome: 'done' as const },
      reason: 'the database knew less than the gateways: it was restored',
    };
    const from = await this.database.transaction(async (q) => {
      const [before] = await q.query<{ percent: number }>(
        'select percent from gateway.edge_routes where path = $1 for update',
        [path],
      );
      const written = await q.query(
        `insert into gateway.edge_routes as stored (path, phase, percent, wanted_percent, wanted_by, wanted_actor,
           paused, pause_reason, run, filed, approved, step_since, version, upstreams)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, to_timestamp($12::float8 / 1000), $13, $14)
         on conflict (path) do update set phase = excluded.phase, percent = excluded.percent,
           wanted_percent = excluded.wanted_percent, wanted_by = excluded.wanted_by, wanted_actor = excluded.wanted_actor,
           paused = excluded.paused, pause_reason = excluded.pause_reason, run = excluded.run, filed = excluded.filed,
           approved = excluded.approved, step_since = excluded.step_since, version = excluded.version,
           upstreams = excluded.upstreams
         where stored.version < excluded.version
         returning stored.path`,
        [
          ...[path, phase, percent, wanted.percent, wanted.by, wanted.actor, paused, pauseReason],
          ...[JSON.stringify(run), filed && JSON.stringify(filed), approved, stepSince, version],
          upstreams && JSON.stringify(upstreams),
        ],
      );
      if (written.length === 0) return undefined;
      const found = { path, percent: before?.percent ?? 0 };
      await this.add(found, entry, percent, q);
      return found;
    });
    if (from) this.log(from, entry, percent);
  }

  /**
   * Undefined: somebody else was faster, and nothing happened. Without `entry` nothing is told of it. `also` is done while nobody else
   * can change the row, and only if nobody was faster; what it throws undoes the change.
   */
  async change(
    row: RouteRow,
    change: RouteChange,
    entry?: NewRouteEntry,
    also?: () => Promise<unknown>,
  ): Promise<RouteRow | undefined> {
    const next: RouteRow = { ...row, ...change };
    const { phase, percent, wanted, paused, pauseReason, run, filed, approved, upstreams } = next;
    const moved = phase !== row.phase || percent !== row.percent;
    const changed = await this.database.transaction(async (q) => {
      const [found] = await q.query<RouteRow>(
        `update gateway.edge_routes set phase = $3, percent = $4, wanted_percent = $5, wanted_by = $6, wanted_actor = $7,
           paused = $8, pause_reason = $9, run = $10, filed = $11, approved = $12, upstreams = $14,
           step_since = case when $13 then clock_timestamp() else step_since end, version = version + 1
         where path = $1 and version = $2 returning ${columns}`,
        [
          ...[row.path, row.version, phase, percent, wanted.percent, wanted.by, wanted.actor],
          ...[paused, pauseReason, JSON.stringify(run), filed && JSON.stringify(filed), approved, moved],
          upstreams && JSON.stringify(upstreams),
        ],
      );
      if (found && entry) await this.add(row, entry, percent, q);
      if (found) await also?.();
      return found;
    });
    if (changed && entry) this.log(row, entry, percent);
    return changed;
  }

  /** Writes a line of the history, and of the log, of what has moved nothing. */
  async note(row: Standing, entry: NewRouteEntry): Promise<void> {
    await this.add(row, entry, row.percent, this.database);
    this.log(row, entry, row.percent);
  }

  private async add(
    { path, percent }: Standing,
    { actor, action, outcome, reason = null, figures = {} }: NewRouteEntry,
    to: number,
    q: Queryable,
  ): Promise<void> {
    await q.query(
      `insert into gateway.edge_history (path, actor, action, from_percent, to_percent, outcome, reason, figures)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [path, actor, action, percent, to, outcome, reason, JSON.stringify(figures)],
    );
  }

  /** In the process that wrote the entry. */
  private log(
    { path: route, percent: from }: Standing,
    { actor, action, outcome, reason }: NewRouteEntry,
    to: number,
  ): void {
    const moves = from === to ? [] : [`${from} % -> ${to} %`];
    const what = [`${route}: ${action} ${outcome}`, ...moves, ...(reason ? [reason] : [])].join(': ');
    this.logger.log({ msg: what, route, actor, action, outcome, from, to });
  }

  /** Forgets what is older than it is kept, ms; the latest entries of each route stay. By the clock that is behind: ours, or the database's. */
  async prune({ historyMs, samplesMs }: Kept): Promise<void> {
    const cut = (parameter: string) =>
      `least(clock_timestamp(), $1::timestamptz) - ${parameter} * interval '1 ms'`;
    const now = new Date().toISOString();
    await this.database.query(
      `delete from gateway.edge_history where id in (
         select id from (
           select id, at, row_number() over (partition by path order by id desc) as place from gateway.edge_history
         ) ranked
         where place > ${latestKept} and at < ${cut('$2')} limit ${mostAtOnce})`,
      [now, historyMs],
    );
    await this.database.query(`delete from strangler.mismatch where at < ${cut('$2')}`, [now, samplesMs]);
  }

  /** The newest entries of a route, newest first. */
  history(path: string, limit: number): Promise<RouteHistoryEntry[]> {
    return this.database.query<RouteHistoryEntry>(
      `select id::float8 as id, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, path as route,
         actor, action, from_percent as "from", to_percent as "to", outcome, reason, figures
       from gateway.edge_history where path = $1 order by edge_history.id desc limit $2`,
      [path, limit],
    );
  }
}
