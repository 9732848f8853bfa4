import { ownsNothing } from '../engine/ownership/owned-sql.js';
import type { Database, Queryable } from '../database/database.js';
import { quoted, sqlNames, type MovingModule } from '../database/tables.js';

/**
 * Puts a decommissioned module's tables out of everyone's way, into the schema `<module>_retired`; with `purge` drops that
 * schema. Those are the tables of the schema that bears its name, and its tables in other schemas: what stood in `public` comes into
 * `<module>_retired.public`, for indexes and sequences may have one name in two schemas. Done again it changes nothing.
 *
 * @param namedByOthers as SQL: tables of other modules, which stay wherever they are
 * @throws when this side owns any of the module, or is at another epoch: nothing is moved then
 */
export async function retireTables(
  database: Database,
  moving: MovingModule,
  { purge, epoch }: { purge: boolean; epoch: number },
  namedByOthers: readonly string[] = [],
): Promise<void> {
  await database.transaction(async (q) => {
    await assertOwnsNothing(q, moving.module, epoch);
    await (purge ? dropRetired(q, moving) : moveAside(q, moving, namedByOthers));
  });
}

const retiredSchema = (module: string, schema: string): string =>
  schema === module ? `${module}_retired` : `${module}_retired.${schema}`;

async function moveAside(
  q: Queryable,
  moving: MovingModule,
  namedByOthers: readonly string[],
): Promise<void> {
  const { module } = moving;
  await q.query(`create schema if not exists ${quoted(retiredSchema(module, module))}`);
  const tables = await q.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and (n.nspname = $1 or c.oid in (select to_regclass(sql) from unnest($2::text[]) sql))
       and not exists (select from unnest($3::text[]) sql where to_regclass(sql) = c.oid)`,
    [module, sqlNames(moving), namedByOthers],
  );
  for (const { schema, name } of tables) {
    const retired = quoted(retiredSchema(module, schema));
    await q.query(`create schema if not exists ${retired}`);
    await q.query(`alter table ${quoted(schema)}.${quoted(name)} set schema ${retired}`);
  }
}

async function dropRetired(q: Queryable, { module }: MovingModule): Promise<void> {
  const retired = retiredSchema(module, module);
  const schemas = await q.query<{ name: string }>(
    `select nspname as name from pg_namespace where nspname = $1 or starts_with(nspname, $1 || '.')`,
    [retired],
  );
  for (const { name } of schemas) await q.query(`drop schema ${quoted(name)} cascade`);
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
