import type { Database } from '../../database/database.js';
import type { IncomingState, OutgoingState, QuarantinedRow } from './outgoing-state.js';
import { backfillStates } from './backfill.js';
import { unnamedReason } from './parking.js';

/** A time of the database in the form of RFC 3339. */
const rfc3339 = (sql: string): string =>
  `to_char(${sql} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** How replication of one module stands in one database. */
export class Outgoing {
  constructor(
    private readonly database: Database,
    private readonly module: string,
  ) {}

  async outgoing(): Promise<OutgoingState> {
    const [[state], backfill] = await Promise.all([
      this.database.query<Omit<OutgoingState, 'backfill'>>(
        `select coalesce(sum(count) filter (where parked is null), 0)::float8 as pending,
           coalesce(extract(epoch from clock_timestamp() - min(at) filter (where parked is null)) * 1000, 0)::float8 as "lagMs",
           count(*) filter (where parked is not null)::float8 as parked,
           count(*) filter (where parked = ${unnamedReason})::float8 as unnamed,
           (select count(*)::float8 from strangler.given_up where module = $1 and not parked) as reported,
           (select ${rfc3339('degraded_since')} from strangler.relay where module = $1) as "degradedSince",
           (select reason from strangler.relay where module = $1) as reason,
           (select refused from strangler.relay where module = $1) as refused,
           coalesce((select extract(epoch from clock_timestamp() - min(xact_start)) * 1000 from pg_stat_activity
             where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()), 0)::float8
             as "oldestTransactionMs",
           (extract(epoch from clock_timestamp()) * 1000)::float8 as "clockMs"
         from strangler.outbox where module = $1`,
        [this.module],
        { prepared: true },
      ),
      backfillStates(this.database, this.module),
    ]);
    return { ...state!, backfill };
  }

  async incoming(): Promise<IncomingState> {
    const [applied] = await this.database.query<IncomingState>(
      `select term::float8 as term, seq::float8 as seq,
         case when term > 0 then (extract(epoch from clock_timestamp() - at) * 1000)::float8 end as "ageMs"
       from strangler.applied where module = $1`,
      [this.module],
      { prepared: true },
    );
    return applied ?? { term: 0, seq: 0, ageMs: null };
  }

  parked(): Promise<QuarantinedRow[]> {
    return this.database.query<QuarantinedRow>(
      `select id::float8 as id, table_name as "table", pk, key, parked as reason, ${rfc3339('at')} as at
       from strangler.outbox_changes where module = $1 and parked is not null order by id`,
      [this.module],
    );
  }

  /** Sends parked rows again, or forgets that they changed. Returns how many of them were parked. */
  async unpark({ ids, how }: { ids: readonly number[]; how: 'retry' | 'discard' }): Promise<number> {
    const which = 'module = $1 and parked is not null and id = any($2::bigint[])';
    const rows = await this.database.query(
      how === 'retry'
        ? `update strangler.outbox set parked = null where ${which} returning id`
        : `with gone as (delete from strangler.outbox where ${which} returning *)
           insert into strangler.given_up (module, id, table_name, pk, key, why, parked)
           select module, id, table_name, pks[1]::text[], keys[1], parked, true from gone returning id`,
      [this.module, ids],
    );
    await this.database.query(`select pg_notify('strangler_outbox', $1)`, [this.module]);
    return rows.length;
  }
}
