import type { Side } from '../../routes/phase.js';
import { rowBytes } from '../../database/row-bytes.js';
import { literal, type MovingTable } from '../../database/tables.js';
import { comparePk, pkOrder, rowAsJson, samePk } from '../../database/row-sql.js';

/** The chunk that a statement reads along: of which table, and whether from its beginning. */
export interface ChunkOfStatement {
  table: MovingTable;
  fromStart: boolean;
}

/**
 * One statement, so one snapshot: the oldest rows of the outbox, the current images of the rows that they name, and the
 * next chunk of a table. Read apart, a chunk could bring back a row whose deletion was sent before.
 *
 * Rows are measured before they are read: else thousands of large ones would be read for the few that fit. The first one fits, however
 * large it is. `ahead`: about how many bytes the table's rows before it have.
 *
 * $1 module · $2 changes in flight · $3 how many they are · $4 changes at most · $5 bytes at most · $6 bytes of a row at most ·
 * $7 rows at most, in all · $8 rows of the chunk at most · $9 when the backfill began · $10 primary key before the chunk
 */
export const batchSql = (
  tables: readonly MovingTable[],
  side: Side,
  chunk: ChunkOfStatement | undefined,
): string => `
  with picked as materialized (
    select r.id + c.place - 1 as id, r.table_name, c.pk, c.key, r.at
    from (
      select *, sum(count) over (order by id rows unbounded preceding) - count as before
      from (
        select id, table_name, pks, keys, count, at from strangler.outbox
        where module = $1 and parked is null order by id limit $4::int + $3::int
      ) oldest
    ) r cross join unnest(r.pks, r.keys) with ordinality c (pk, key, place)
    where r.before < $4::int + $3::int and not $2::int8multirange @> (r.id + c.place - 1)
    order by r.id, c.place limit $4
  ),
  -- A newer change of a parked row: with it the parked one is done too, unless one that is under way takes it along.
  along as (
    select p.id, p.table_name, p.pks[1] as pk, p.keys[1] as key from strangler.outbox p
    where p.module = $1 and p.parked is not null and not $2::int8multirange @> p.id
      and exists (select from picked n where (n.table_name, n.pk, n.key) = (p.table_name, p.pks[1], p.keys[1]))
  ),
  -- By the last change of each row: once a transaction's last change is sent, all its changes are.
  named as materialized (
    select table_name, r.pk::text[] as pk, key, string_agg(id::text, ',') as ids, max(id) as last
    from (select id, table_name, pk, key from picked union all select id, table_name, pk, key from along) r
    group by table_name, r.pk, key
  ),
  images as materialized (
    select last, ids, place, gone, size, ahead, case when gone then json_build_array(pk, key)::text else image end as text
    from (${tables.map((table, place) => imagesOf(table, side, place)).join(' union all ')}) i
  ),
  measured as (
    select *, ${fits('m', '$5::bigint')} as fits from (
      select *, sum(case when bytes > $6::bigint then 0 else bytes end) over (order by last rows unbounded preceding) as total
      from (select *, ${bytesSent} as bytes from images) i
    ) m
  ),
  outbox_part as materialized (
    select
      string_agg(ids, ',') filter (where fits and bytes <= $6::bigint) as ids,
      count(*) filter (where fits) as kept,
      coalesce(max(total) filter (where fits), 0) as bytes,
      coalesce(bool_or(not fits), false) as cut,
      json_agg(json_build_object('ids', ('[' || ids || ']')::json, 'bytes', bytes)) filter (where bytes > $6::bigint) as too_large,
      ${tables.map((_, place) => textsOf(place)).join(', ')}
    from measured
  )
  ${chunk ? chunkOf(chunk, side) : ''}
  select o.ids, o.kept::int, o.cut, o.too_large as "tooLarge",
    ${tables.map((_, place) => `o.rows_${place}, o.gone_${place}`).join(', ')},
    (select count(*)::int from named) as groups,
    (select json_build_object('from', strangler.database_id(), 'to', o.peer,
        'start', strangler.start_text(strangler.server_start()), 'life', r.life,
        'confirmed', case when r.confirmed_term is not null
          then json_build_object('term', r.confirmed_term, 'seq', r.confirmed_seq) end,
        'complete', not exists (select from strangler.backfill where module = $1 and not done),
        'claims', json_build_object('side', o.side, 'epoch', o.epoch, 'below', o.extracted_below,
          'fenceFrom', o.fence_from, 'fenceTo', o.fence_to))
      from strangler.ownership o join strangler.relay r using (module) where o.module = $1) as origin,
    (select term::float8 from strangler.relay where module = $1) as term,
    strangler.columns_of(array[${tables.map(({ sql }) => `${literal(sql)}::regclass::oid`).join(', ')}]::oid[]) as form,
    (select strangler.is_proven(o) from strangler.ownership o where o.module = $1) as proven,
    p.*,
    (select degraded_since is not null from strangler.relay where module = $1) as degraded,
    (select recovering from strangler.relay where module = $1) as recovering,
    exists (select from strangler.outbox where module = $1 and parked is not null) as parked,
    coalesce((select json_agg(json_build_object('table', table_name, 'startedAt', started_at::text, 'after', after))
      from strangler.backfill where module = $1 and not done), '[]') as backfill,
    ${chunk ? 'chunk_part.*' : 'null as chunk'}
  from outbox_part o cross join (
    select count(*)::int as picked,
      coalesce(extract(epoch from clock_timestamp() - min(at)) * 1000, 0)::float8 as "lagMs"
    from picked) p ${chunk ? 'cross join chunk_part' : ''}`;

/** The first row fits, whatever its size. What is too large counts nothing, so it is in nobody's way, and what was not read fits never. */
const fits = (row: string, room: string): string =>
  `(${row}.ahead <= $5::bigint and (${row}.total <= ${room} or ${row}.total = ${row}.bytes))`;

/** What a row takes of the batch; the comma behind it counts too. Behind one that comes too late to be read nothing fits. */
const bytesSent = `case when size > $6::bigint then size when ahead > $5::bigint then $5::bigint + 1 else octet_length(text) + 1 end`;
const isRead = `n.size <= $6::bigint and n.ahead <= $5::bigint`;

/** Of a table with a transform it is not known: what the other side gets is something else. */
const sizeOf = (table: MovingTable): string => (table.transform ? '0::bigint' : rowBytes(table, 't'));

/** `size` of the rows before, in this order; what is too large does not count, for it is not sent. */
const aheadOf = (order: string): string =>
  `sum(case when size > $6::bigint then 0 else size end) over (${order} rows unbounded preceding) - case when size > $6::bigint then 0 else size end`;

/** Without `offset 0` each size would be computed again wherever it is named. */
const imagesOf = (table: MovingTable, side: Side, place: number): string => `
  select n.last, n.ids, n.pk, n.key, ${place} as place, n.at is null as gone, n.size, n.ahead,
    case when t.ctid is not null then ${rowAsJson(table, side)} end as image
  from (
    select *, ${aheadOf('order by last')} as ahead from (
      select n.last, n.ids, n.pk, n.key, t.ctid as at, coalesce(${sizeOf(table)}, 0) as size
      from named n left join ${table.sql} t on ${samePk(table, 't', 'n.pk')} and ${table.key('t')} = n.key
      where n.table_name = ${literal(table.name)} offset 0
    ) m
  ) n left join ${table.sql} t on t.ctid = n.at and ${samePk(table, 't', 'n.pk')} and ${isRead}`;

const textsOf = (place: number): string =>
  ['rows', 'gone']
    .map(
      (kind) => `string_agg(text, ',') filter (where place = ${place}
        and ${kind === 'gone' ? '' : 'not '}gone and fits and bytes <= $6::bigint) as ${kind}_${place}`,
    )
    .join(', ');

/** Fills what the outbox leaves of the batch; that is the throttle. A chunk ends before the first row that does not fit. */
const chunkOf = ({ table, fromStart }: ChunkOfStatement, side: Side): string => `,
  room as materialized (
    select case when cut or bytes > $5::bigint then 0 else $7 - (select count(*) from picked) end as rows, $5::bigint - bytes as bytes,
      $10::text[] as after from outbox_part
  ),
  found as materialized (
    select n.pk, n.key, n.aside, n.size, n.ahead, n.place, case when t.ctid is not null then ${rowAsJson(table, side)} end as text
    from (select *, ${aheadOf('')} as ahead, row_number() over (rows unbounded preceding) as place from (
    select ${table.pk('t')} as pk, ${table.key('t')} as key, aside, t.ctid as at, case when aside then 0 else ${sizeOf(table)} end as size
    from ${table.sql} t cross join strangler.ownership o cross join lateral (
      select exists (select from strangler.outbox p
        where p.module = $1 and p.parked is not null and p.table_name = ${literal(table.name)}
          and p.pks = array[${table.pk('t')}::text] and p.keys = array[${table.key('t')}]) as aside offset 0
    ) set_aside
    where o.module = $1 and (strangler.owns_all(o) or strangler.owned_by(o, ${table.bucket('t')}))
      ${fromStart ? '' : `and ${comparePk(table, 't', '>', '$10::text[]')}`}
      and (select rows > 0 from room)
      and exists (select from strangler.backfill b
        where b.module = $1 and b.table_name = ${literal(table.name)} and not b.done and b.started_at::text = $9)
    order by ${pkOrder(table, 't')} limit $8
    ) p ) n left join ${table.sql} t on t.ctid = n.at and ${samePk(table, 't', 'n.pk')} and ${isRead} and not n.aside
  ),
  weighed as (
    select *, sum(case when bytes > $6::bigint then 0 else bytes end) over (order by place rows unbounded preceding) as total
    from (select *, case when aside then octet_length(array_to_json(pk)::text) + 1 else ${bytesSent} end as bytes from found) f
  ),
  fitting as materialized (
    select w.*, w.place <= room.rows and ${fits('w', 'room.bytes')} as fits from weighed w, room
  ),
  chunk_part as materialized (
    select (
      select json_build_object('side', o.side, 'below', o.extracted_below, 'fenceFrom', o.fence_from, 'fenceTo', o.fence_to)
      from strangler.ownership o, strangler.backfill b
      where o.module = $1 and b.module = $1 and b.table_name = ${literal(table.name)} and not b.done
        and b.started_at::text = $9 and (select rows > 0 from room)
        -- Rows of fenced buckets are left out, and nobody would come back for them.
        and o.fence_from is null
    ) as chunk,
    count(*)::int as "chunkFound",
    count(*) filter (where fits)::int as "chunkKept",
    coalesce(bool_and(fits), true) and count(*) < $8 as "chunkLast",
    (select array_to_json(pk) from fitting where fits order by place desc limit 1) as "chunkUpTo",
    json_agg(json_build_object('pk', pk, 'key', key, 'bytes', bytes)) filter (where fits and bytes > $6::bigint and not aside) as "chunkTooLarge",
    -- What is set aside is not sent, and not told to be gone.
    json_agg(pk) filter (where fits and (aside or bytes > $6::bigint))::text as "chunkAside",
    string_agg(text, ',') filter (where fits and bytes <= $6::bigint and not aside) as "chunkText"
    from fitting
  )`;
