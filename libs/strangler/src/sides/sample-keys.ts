import type { Queryable } from '../database/database.js';
import {
  isOwnTable,
  keyOf,
  literal,
  quoted,
  type MovingModule,
  type MovingTable,
} from '../database/tables.js';

/** A table up to this size, in bytes, is read whole; of a larger one, some pages are. */
const smallBytes = 2_097_152;
/** So many rows are looked at, at most. */
const mostRows = 20_000;
/** Pages of a large table that are read, about. */
const pages = 250;

/** What is asked for: buckets from `from` up to, but not with, `to`. */
interface Wanted {
  from: number;
  to: number;
  limit: number;
}

/** Keys of rows that are there, spread evenly over their buckets: see {@link SideControl.sampleKeys}. Never a scan of a large table. */
export async function sampleKeys(
  on: Queryable,
  module: MovingModule,
  tables: readonly MovingTable[],
  wanted: Wanted,
): Promise<string[]> {
  const found = new Set<string>();
  for (const table of tables) {
    const key = keySql(module, table);
    if (key === undefined || found.size >= wanted.limit) continue;
    for (const each of await keysIn(on, module.module, table, key, wanted)) found.add(each);
    // Of a module with one owner only the first table's keys are of one kind.
    if (module.ownership === 'whole') break;
  }
  return [...found].slice(0, wanted.limit);
}

/** What names a row `t` to a caller; undefined: nothing does, or it is a table of the toolkit's own. */
function keySql(module: MovingModule, table: MovingTable): string | undefined {
  const { name, primaryKey } = table;
  if (module.ownership === 'whole') {
    const [column, ...others] = primaryKey;
    return column && others.length === 0 ? `t.${quoted(column.name)}::text` : undefined;
  }
  return isOwnTable(name) || keyOf(module, name) === undefined ? undefined : table.key('t');
}

async function keysIn(
  on: Queryable,
  module: string,
  { sql }: MovingTable,
  key: string,
  { from, to, limit }: Wanted,
): Promise<string[]> {
  const [size] = await on.query<{ bytes: number }>(`select pg_relation_size($1::regclass)::float8 as bytes`, [
    sql,
  ]);
  const bytes = size?.bytes ?? 0;
  const percent = Math.min(100, (100 * pages * 8_192) / Math.max(1, bytes));
  const some = bytes > smallBytes ? `tablesample system (${percent})` : '';
  const rows = await on.query<{ key: string }>(
    `with looked as (select ${key} as key from ${sql} t ${some} limit ${mostRows}),
     placed as (select distinct key, strangler.bucket(${literal(module)}, key) as bucket from looked),
     ranked as (
       select key, bucket, row_number() over (order by bucket, key) - 1 as place, count(*) over () as n
       from placed where bucket >= $1 and bucket < $2)
     select key from ranked where (place + 1) * $3 / n > place * $3 / n or n <= $3 order by bucket, key limit $3`,
    [from, to, limit],
  );
  return rows.map((row) => row.key);
}
