import type { Database } from '../database.js';
import { quoted } from '../tables.js';

/**
 * Puts a decommissioned module's tables out of everyone's way, into the schema `<module>_retired`; with `purge` drops that
 * schema. The schema that they came from stays, empty. Done again it changes nothing.
 */
export async function retireTables(database: Database, module: string, purge: boolean): Promise<void> {
  const retired = `${module}_retired`;
  if (purge) {
    await database.query(`drop schema if exists ${quoted(retired)} cascade`);
    return;
  }
  await database.transaction(async (q) => {
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
