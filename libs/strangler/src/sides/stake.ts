import type { Queryable } from '../database/database.js';
import type { MovingTable } from '../database/tables.js';

/** What of one table a side would give up by becoming the copy of the other one. */
export interface TableStake {
  table: string;
  /** Changes in the outbox, parked ones with them. A row that was changed twice counts twice. */
  changes: number;
  /** Primary keys of the oldest of them. */
  keys: string[][];
  /** Rows; counted, or by the statistics of the database. */
  rows: number;
  exact: boolean;
}

/** So many keys of a table are named. */
const keysShown = 5;
/** A table is counted up to so many rows. */
const counted = 10_000;

/** What stands in this database of each table. */
export async function stakeOf(
  on: Queryable,
  module: string,
  tables: readonly MovingTable[],
): Promise<TableStake[]> {
  const stakes: TableStake[] = [];
  for (const { name, sql } of tables) stakes.push(await ofTable(on, module, name, sql));
  return stakes;
}

async function ofTable(on: Queryable, module: string, table: string, sql: string): Promise<TableStake> {
  const [found] = await on.query<Omit<TableStake, 'table'> & { estimated: number }>(
    `with first as materialized (
       select id, pks from strangler.outbox where module = $1 and table_name = $2 order by id limit $3),
     named as (
       select distinct on (c.pk) c.pk, f.id, c.place from first f cross join unnest(f.pks) with ordinality c (pk, place)
       order by c.pk, f.id, c.place)
     select
       coalesce((select sum(count) from strangler.outbox where module = $1 and table_name = $2), 0)::float8 as changes,
       coalesce((select json_agg(pk::text[] order by id, place) from (
         select * from named order by id, place limit $3) oldest), '[]') as keys,
       (select count(*) from (select from ${sql} limit $4 + 1) few)::float8 as rows,
       (select reltuples from pg_class where oid = $5::regclass)::float8 as estimated`,
    [module, table, keysShown, counted, sql],
  );
  const { estimated, ...rest } = found!;
  const exact = rest.rows <= counted;
  return { table, ...rest, rows: exact ? rest.rows : Math.max(rest.rows, estimated), exact };
}
