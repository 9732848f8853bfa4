import type { Queryable } from '../../database/database.js';

/** Where writes past the port of a module come from. */
export interface StrayOrigin {
  /** Empty, as all that follow: those beyond the bound, together. */
  table: string;
  /** The statement without its values. */
  sql: string;
  role: string;
  /** Of the client; empty: it came over a socket of the server's own machine. */
  address: string;
  /** As its session is named. */
  application: string;
  /** Statements; at most ten of a transaction are counted. */
  count: number;
  /** How long ago it was first seen, and last, in ms. */
  firstMs: number;
  lastMs: number;
}

/** The writes past the port of a module since its capture began, the latest first. */
export async function straysOf(on: Queryable, module: string): Promise<StrayOrigin[]> {
  await on.query('select strangler.count_strays($1)', [module], { prepared: true });
  return on.query<StrayOrigin>(
    `select table_name as "table", sql, role, address, application, count::float8 as count,
       (extract(epoch from clock_timestamp() - first_at) * 1000)::float8 as "firstMs",
       (extract(epoch from clock_timestamp() - last_at) * 1000)::float8 as "lastMs"
     from strangler.stray_origin where module = $1 order by last_at desc, count desc`,
    [module],
    { prepared: true },
  );
}

/** Forgets them: capture has ended, and begins anew on the next way out. */
export async function forgetStrays(on: Queryable, module: string): Promise<void> {
  await on.query('delete from strangler.stray where module = $1', [module]);
  await on.query('delete from strangler.stray_origin where module = $1', [module]);
}
