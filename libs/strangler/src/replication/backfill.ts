import type { Database } from '../database.js';
import type { BackfillState } from '../side/side.js';
import type { MovingTable } from '../tables.js';

/**
 * Begins to copy the rows of all tables anew. Capture must stand, and the writers from before it must be gone: a row is
 * then in a chunk or in the outbox. The relay does the rest; what it has done survives a crash.
 */
export async function startBackfill(
  database: Database,
  module: string,
  tables: readonly MovingTable[],
): Promise<void> {
  await database.transaction(async (q) => {
    await q.query('delete from strangler.backfill where module = $1', [module]);
    for (const { name, sql } of tables) {
      await q.query(
        `insert into strangler.backfill (module, table_name, total) select $1, $2, count(*) from ${sql}`,
        [module, name],
      );
    }
    // A sleeping relay is woken, in whatever process it is.
    await q.query(`select pg_notify('strangler_outbox', $1)`, [module]);
  });
}

/** How far each table is, in the order in which they were begun. */
export function backfillStates(database: Database, module: string): Promise<BackfillState[]> {
  return database.query<BackfillState>(
    `select table_name as "table", copied::float8 as copied, total::float8 as total, done
     from strangler.backfill where module = $1 order by started_at, table_name`,
    [module],
  );
}
