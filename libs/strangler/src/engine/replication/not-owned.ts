import type { ClientBase } from 'pg';

/**
 * Takes the changes of buckets that this side does not own out of the outbox: the other side owns them, and refuses them for ever. They
 * stay as a report. Who changes the owner waits. Returns how many there were.
 */
export async function giveUpNotOwned(on: ClientBase, module: string, ids: string): Promise<number> {
  const { rows } = await on.query<{ count: number }>(
    `with mine as materialized (
       select side, extracted_below as below from strangler.ownership where module = $1 for update
     ), others as materialized (
       select c.id, r.table_name, r.pks[c.id - r.id + 1]::text[] as pk, r.keys[c.id - r.id + 1] as key
       from mine cross join unnest($2::bigint[]) c (id) cross join strangler.outbox_row_of($1, c.id) r
       where (strangler.bucket($1, r.keys[c.id - r.id + 1]) < mine.below) <> (mine.side = 'extracted')
     ), reported as (
       insert into strangler.given_up (module, id, table_name, pk, key, why)
       select $1, id, table_name, pk, key, 'the other side owns it' from others
       on conflict do nothing
     )
     select cardinality(ids) as count, strangler.detach_changes($1, ids, false)
     from (select array(select id from others) as ids) gone where cardinality(ids) > 0`,
    [module, ids],
  );
  return rows[0]?.count ?? 0;
}
