import type { Pool } from 'pg';

const tables = `
  create table if not exists products (
    sku text primary key,
    name text not null,
    category text not null,
    price integer not null check (price > 0) -- pence
  );
  create table if not exists sales (
    id integer generated always as identity primary key,
    sku text not null references products,
    sold_on date not null,
    quantity integer not null,
    price integer not null
  );
  create table if not exists accounts (
    id uuid primary key default gen_random_uuid(),
    email text not null unique,
    name text not null,
    password text not null
  );
  create table if not exists sessions (
    sid text primary key,
    sess json not null,
    expire timestamptz not null
  );
  create index if not exists sessions_expire on sessions (expire);
  create table if not exists basket_lines (
    account uuid not null references accounts on delete cascade,
    sku text not null references products,
    quantity integer not null check (quantity > 0),
    primary key (account, sku)
  );
  create table if not exists uploads (
    id uuid primary key default gen_random_uuid(),
    account uuid not null references accounts on delete cascade,
    name text not null,
    type text not null,
    bytes integer, -- null: it has not arrived in full
    sha256 text,
    created_at timestamptz not null default now()
  );
  create table if not exists upload_parts (
    upload uuid not null references uploads on delete cascade,
    number integer not null,
    content bytea not null,
    primary key (upload, number)
  );`;

/** The same for everybody who starts: 240 products, and what was sold of them in December 2010. */
const catalogue = `
  insert into products (sku, name, category, price)
  select 'H' || (1000 + n),
         (array['Brass', 'Café', 'Canvas', 'Copper', 'Enamel', 'Linen', 'Oak', 'Rope', 'Slate', 'Tin'])[1 + n % 10]
           || ' ' ||
         (array['bell', 'bucket', 'candle', 'hook', 'jug', 'lamp'])[1 + n / 10 % 6]
           || ' no. ' || (1 + n / 60),
         (array['bells', 'buckets', 'candles', 'hooks', 'jugs', 'lamps'])[1 + n / 10 % 6],
         95 + 5 * (n * 37 % 200)
  from generate_series(0, 238) as n
  union all
  select 'KIT 7', 'Kit of seven "sailor''s" knots', 'hooks', 1250`;

const sales = `
  insert into sales (sku, sold_on, quantity, price)
  select p.sku, date '2010-12-01' + n * 7 % 31, 1 + n * 13 % 24, p.price
  from generate_series(1, 120000) as n
  join (select sku, price, row_number() over (order by sku) as number from products) as p on p.number = 1 + n * 11 % 240`;

/** Makes the tables, and fills the catalogue once; several copies may start at the same time. */
export async function prepareDatabase(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`select pg_advisory_xact_lock(hashtextextended('harbour supplies', 0))`);
    await client.query(tables);
    const { rowCount } = await client.query('select from products limit 1');
    if (!rowCount) {
      await client.query(catalogue);
      await client.query(sales);
      await client.query('analyze products, sales');
    }
    await client.query(`delete from uploads where bytes is null and created_at < now() - interval '1 hour'`);
    await client.query('commit');
    client.release();
  } catch (error) {
    client.release(true);
    throw error;
  }
}
