import { ownsNothing } from '../engine/ownership/owned-sql.js';
import type { Database, Queryable } from '../database/database.js';
import { quoted } from '../database/tables.js';

/**
 * Puts a decommissioned module's tables out of everyone's way, into the schema `<module>_retired`; with `purge` drops that
 * schema. The schema that they came from stays, empty. Done again it changes nothing.
 *
 * @throws when this side owns any of the module, or is at another epoch: nothing is moved then
 */
export async function retireTables(
  database: Database,
  module: string,
  { purge, epoch }: { purge: boolean; epoch: number },
): Promise<void> {
  const retired = `${module}_retired`;
  await database.transaction(async (q) => {
    await assertOwnsNothing(q, module, epoch);
    if (purge) {
      await q.query(`drop schema if exists ${quoted(retired)} cascade`);
      return;
    }
    await q.query(`create schema if not exists ${quoted(retired)}`);
    const tables = await q.query<{ name: string }>(
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relkind in ('r', 'p')`,
      [module],
    );
    for (const { name } of tables) {
      await q.query(`alter table ${quoted(module)}.${quoted(name)} set schema ${quoted(retired)}`);
    }
  });
}

/** Until the end of the transaction: a hand-off waits for it. */
async function assertOwnsNothing(q: Queryable, module: string, epoch: number): Promise<void> {
  const rows = await q.query(
    `select from strangler.ownership o where module = $1 and epoch = $2 and ${ownsNothing('o')} for update`,
    [module, epoch],
  );
  if (rows.length > 0) return;
  throw new Error(
    `the tables of ${module} stay: this side owns some of it, or owners have changed since epoch ${epoch}`,
  );
}
