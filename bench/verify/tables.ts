import pg from 'pg';

/** Rows of each of the two tables. */
export const rowsOf = (quick: boolean): number => (quick ? 5_000 : 100_000);

const ddl = `
  create schema depot;
  -- Keys that come in no order, as those of articles do.
  create table depot.article (
    sku            text   collate "C" primary key,
    description    text   not null,
    price_amount   bigint not null,
    price_currency text   not null,
    on_hand        integer not null,
    reserved       integer not null,
    attributes     jsonb,
    ratio          numeric(12, 4),
    note           text,
    updated_at     timestamptz not null
  );
  -- Keys that come in the order of time, as UUIDv7 do.
  create table depot.movement (
    id         uuid primary key,
    sku        text collate "C" not null,
    quantity   integer not null,
    reason     json not null,
    created_at timestamptz not null
  );`;

const fill = `
  insert into depot.article
  select 'SKU-' || md5(n::text), 'A thing of kind ' || n || repeat(' and more', n % 6), n * 7 % 10007, 'GBP', n % 1000, n % 7,
    case when n % 3 > 0 then jsonb_build_object('colour', n % 9, 'size', 'L') end, n / 7.0,
    case when n % 2 > 0 then '' end, '2026-01-01Z'::timestamptz + n * interval '1 second 13 microseconds'
  from generate_series(1, $1::int) n`;

const fillMovements = `
  insert into depot.movement
  select (lpad(to_hex(n), 12, '0') || left(md5(n::text), 20))::uuid, 'SKU-' || md5(n::text), n % 20 - 10,
    json_build_object('order', md5(n::text), 'line', n % 5), '2026-01-01Z'::timestamptz + n * interval '1 millisecond'
  from generate_series(1, $1::int) n`;

/** Makes the same tables in the database. */
export async function makeTables(url: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(ddl);
  await client.query(fill, [rows]);
  await client.query(fillMovements, [rows]);
  await client.query('vacuum analyze');
  await client.end();
}
