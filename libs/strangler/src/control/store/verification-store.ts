import type { Database } from '../../database/database.js';
import type { RowDifference } from '../terms/views.js';

/** What a verification has found. */
export interface VerifyReport {
  rows: number;
  differences: number;
  /** How many of them were repaired. */
  repaired: number;
  /** The first of them, in words, for the history. */
  examples: readonly string[];
  /** The first hundred that still differ. */
  left: readonly RowDifference[];
}

/** How verify stands for a module. */
export interface Verification {
  /** Asked for and not finished; null: nothing to do. */
  request: { actor: string; repair: boolean } | null;
  cursor: unknown;
  /** Rows. */
  done: number;
  total: number;
  /** When the last finished run began, ms since 1970; null: none yet. Changes from before are covered. */
  beganAt: number | null;
  /** RFC 3339. */
  checkedAt: string | null;
  rows: number;
  differences: number;
}

const none: Verification = {
  request: null,
  cursor: null,
  done: 0,
  total: 0,
  beganAt: null,
  checkedAt: null,
  rows: 0,
  differences: 0,
};

/** What verify was asked for, how far it has come, and what it has found last. */
export class VerificationStore {
  constructor(private readonly database: Database) {}

  async read(module: string): Promise<Verification> {
    const [row] = await this.database.query<Verification>(
      `select case when requested_at is not null then json_build_object('actor', actor, 'repair', repair) end as request,
         cursor, done::float8 as done, total::float8 as total, (extract(epoch from began_at) * 1000)::float8 as "beganAt",
         to_char(checked_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "checkedAt", rows::float8 as rows,
         differences::float8 as differences
       from strangler.verification where module = $1`,
      [module],
      { prepared: true },
    );
    return row ?? none;
  }

  /** Asks for a run from the start; `now` (ms since 1970) is what it will have covered. */
  async request(module: string, by: { actor: string; repair: boolean }, now: number): Promise<void> {
    await this.database.query(
      `insert into strangler.verification (module, requested_at, actor, repair)
       values ($1, to_timestamp($4::float8 / 1000), $2, $3)
       on conflict (module) do update set requested_at = excluded.requested_at, actor = excluded.actor,
         repair = excluded.repair, cursor = null, done = 0, total = 0`,
      [module, by.actor, by.repair, now],
    );
  }

  /** Notes how far it has come. False: nobody asks for it any more. */
  async progress(module: string, at: { done: number; total: number; cursor: unknown }): Promise<boolean> {
    const rows = await this.database.query(
      `update strangler.verification set done = $2, total = $3, cursor = $4
       where module = $1 and requested_at is not null returning module`,
      [module, at.done, at.total, JSON.stringify(at.cursor ?? null)],
    );
    return rows.length > 0;
  }

  /** Stores what was found. Repaired rows no longer differ. */
  async finish(module: string, report: VerifyReport, now: number): Promise<void> {
    await this.database.query(
      `update strangler.verification set began_at = requested_at, requested_at = null, cursor = null,
         checked_at = to_timestamp($4::float8 / 1000), rows = $2, differences = $3, differing = $5
       where module = $1`,
      [module, report.rows, report.differences - report.repaired, now, JSON.stringify(report.left)],
    );
  }

  /** Rows that the last run has found different, the first hundred. */
  async differing(module: string): Promise<RowDifference[]> {
    const [row] = await this.database.query<{ differing: RowDifference[] }>(
      'select differing from strangler.verification where module = $1',
      [module],
    );
    return row?.differing ?? [];
  }

  async cancel(module: string): Promise<void> {
    await this.database.query(
      'update strangler.verification set requested_at = null, cursor = null where module = $1',
      [module],
    );
  }
}
