import { Logger } from '@nestjs/common';
import type { Database, Queryable } from '../../database/database.js';
import type { Move, Verified } from '../terms/moves.js';
import type { HistoryEntry } from '../terms/views.js';

/** What is to be written into the history. */
export type NewEntry = Omit<HistoryEntry, 'id' | 'at' | 'reason' | 'figures'> &
  Partial<Pick<HistoryEntry, 'reason' | 'figures'>>;

/** The channel on which every new entry's id is told. */
export const historyChannel = 'strangler_history';

/** Steps that lead to another phase. What operators ask for says where the module is to go, and not that it is there. */
const placeSteps = ['capture', 'uncapture', 'phase', 'decommission', 'failover', 'rejoin'];

const moves = `
  select (extract(epoch from at) * 1000)::float8 as at, from_phase as "from", to_phase as "to", outcome, figures
  from strangler.history where module = $1 and at > to_timestamp($2::float8 / 1000)
    and (action = any($3) and outcome = 'done' or action like 'hand-off to %' and outcome in ('done', 'aborted'))
  order by id`;

const verifications = `
  select (extract(epoch from at) * 1000)::float8 as at, (figures ->> 'rows')::float8 as rows,
    (figures ->> 'differences')::float8 as differences
  from strangler.history where module = $1 and at > to_timestamp($2::float8 / 1000)
    and action = 'verify' and outcome in ('done', 'failed') and figures ? 'rows' and figures ? 'differences'
  order by id`;

const columns = `id::float8 as id, to_char(at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, module, actor,
  action, from_phase as "from", to_phase as "to", outcome, reason, figures`;

/** Whoever was away for longer looks at the history itself. */
const mostMissed = 1_000;

/** What happened to the modules: who, when, why, with which figures. */
export class History {
  private readonly logger = new Logger('history');

  constructor(private readonly database: Database) {}

  /** Writes an entry, and a line of the log. */
  async write(entry: NewEntry): Promise<void> {
    await this.add(entry, this.database);
    this.log(entry);
  }

  /** Writes an entry in the transaction of the change that it tells of; {@link log} follows once that is committed. */
  async add(entry: NewEntry, on: Queryable): Promise<void> {
    await on.query(
      `with added as (
         insert into strangler.history (module, actor, action, from_phase, to_phase, outcome, reason, figures)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning id
       )
       select pg_notify($9, id::text) from added`,
      [
        entry.module,
        entry.actor,
        entry.action,
        entry.from,
        entry.to,
        entry.outcome,
        entry.reason ?? null,
        JSON.stringify(entry.figures ?? {}),
        historyChannel,
      ],
    );
  }

  /** One line of the log for an entry, in the process that wrote it. */
  log({ module, actor, action, outcome, from, to, reason }: NewEntry): void {
    const why = reason ? `: ${reason}` : '';
    this.logger.log({
      msg: `${module}: ${action} ${outcome}${why}`,
      module,
      actor,
      action,
      outcome,
      from,
      to,
    });
  }

  /** The newest entries of a module, newest first; of those that are older than the one with the id `before`, where that is given. */
  latest(module: string, limit: number, before: number | null = null): Promise<HistoryEntry[]> {
    return this.database.query<HistoryEntry>(
      `select ${columns} from strangler.history where module = $1 and ($3::bigint is null or history.id < $3)
       order by history.id desc limit $2`,
      [module, limit, before],
    );
  }

  /** The entries of all modules that are newer than the one with that id, the oldest first; of very many the newest. */
  async since(id: number): Promise<HistoryEntry[]> {
    const newest = await this.database.query<HistoryEntry>(
      `select ${columns} from strangler.history where history.id > $1 order by history.id desc limit $2`,
      [id, mostMissed],
    );
    return newest.reverse();
  }

  /** How its place has changed since `since` (ms since 1970), the oldest first. */
  moves(module: string, since: number): Promise<Move[]> {
    return this.database.query<Move>(moves, [module, since, placeSteps]);
  }

  /** The comparisons of all its rows that have ended since `since` (ms since 1970), the oldest first. */
  verifications(module: string, since: number): Promise<Verified[]> {
    return this.database.query<Verified>(verifications, [module, since]);
  }

  async entry(id: number): Promise<HistoryEntry | undefined> {
    const [entry] = await this.database.query<HistoryEntry>(
      `select ${columns} from strangler.history where id = $1`,
      [id],
    );
    return entry;
  }
}
