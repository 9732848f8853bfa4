import type { Database, Queryable } from '../../database/database.js';
import type { BackfillState } from './outgoing-state.js';
import { ownsNothing } from '../ownership/owned-sql.js';
import type { MovingTable } from '../../database/tables.js';
import { estimatedRows } from './estimate.js';

/**
 * Begins to copy the rows of all tables anew, as a new life of the copy. Capture must stand, and the writers from before it must be
 * gone: a row is then in a chunk or in the outbox. The relay does the rest; what it has done survives a crash.
 */
export function startBackfill(
  database: Database,
  module: string,
  tables: readonly MovingTable[],
): Promise<void> {
  return database.transaction((q) => fillAnew(q, module, tables));
}

/**
 * The same, when the copy has proved to lack something in the life that is named. False: another one has begun meanwhile. A side
 * that owns nothing has nothing to fill the copy with, but a life begins all the same.
 */
export function beginLife(
  database: Database,
  module: string,
  tables: readonly MovingTable[],
  life: number,
): Promise<boolean> {
  return database.transaction(async (q) => {
    const [row] = await q.query<{ owns: boolean }>(
      `select not (${ownsNothing('o')}) as owns
       from strangler.ownership o join strangler.relay r using (module)
       where module = $1 and r.life = $2 and o.standing is null for update`,
      [module, life],
    );
    if (row) await fillAnew(q, module, row.owns ? tables : []);
    return row !== undefined;
  });
}

/** The same in an open transaction. */
export async function fillAnew(
  q: Queryable,
  module: string,
  tables: readonly Pick<MovingTable, 'name' | 'sql'>[],
): Promise<void> {
  // What was confirmed says nothing of the new life, and the leader of now does not know it.
  await q.query(
    `insert into strangler.relay (module, term, life) values ($1, 1, 1) on conflict (module) do update
       set term = relay.term + 1, life = relay.life + 1, confirmed_term = null, confirmed_seq = null`,
    [module],
  );
  await q.query('delete from strangler.backfill where module = $1', [module]);
  for (const { name, sql } of tables) {
    // Nobody may write meanwhile, so nothing is counted here: a large table would hold a failover up.
    await q.query('insert into strangler.backfill (module, table_name, total) values ($1, $2, $3)', [
      module,
      name,
      await estimatedRows(q, sql),
    ]);
  }
  // A sleeping relay is woken, in whatever process it is.
  await q.query(`select pg_notify('strangler_outbox', $1)`, [module]);
}

/** How far each table is, in the order in which they were begun. */
export function backfillStates(database: Database, module: string): Promise<BackfillState[]> {
  return database.query<BackfillState>(
    `select table_name as "table", copied::float8 as copied, total::float8 as total, done,
       (extract(epoch from started_at) * 1000)::float8 as "begunAt"
     from strangler.backfill where module = $1 order by started_at, table_name`,
    [module],
    { prepared: true },
  );
}
