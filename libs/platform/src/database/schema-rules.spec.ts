import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';

/** The column by which each module's rows find their owner (DESIGN.md, section 3); the toolkit's tables call it routing_key. */
const routingKeys = { inventory: 'sku', payments: 'order_id', orders: 'user_id' };
const toolkitTables = ['idempotency', 'saga', 'event', 'event_stream', 'event_cursor'];

let database: TestDatabase;
beforeAll(async () => (database = await freshDatabase()));
afterAll(() => database.drop());

const names = async (sql: string, params?: unknown[]): Promise<string[]> =>
  (await database.query<{ name: string }>(sql, params)).map((row) => row.name);

const keyColumns = `
  select relation.oid, relation.oid::regclass::text as name, column_.attnum, column_.attnotnull
  from pg_class relation
  join json_each_text($1) module (schema, key) on module.schema::regnamespace = relation.relnamespace
  left join pg_attribute column_ on column_.attrelid = relation.oid
    and column_.attname = case when relation.relname = any($2) then 'routing_key' else module.key end
  where relation.relkind = 'r' and relation.relname <> 'migrations'`;
const rules = [JSON.stringify(routingKeys), toolkitTables];

test('no table of a module that shifts by key is without its routing key', async () => {
  const looked = await names(`select name from (${keyColumns}) found`, rules);
  expect(looked).toEqual(expect.arrayContaining(['inventory.stock_item', 'payments.idempotency']));
  expect(await names(`select name from (${keyColumns}) found where attnotnull is not true`, rules)).toEqual(
    [],
  );
});

test('no unique index is without the routing key, unless it is of UUIDs: two owners would make the same value', async () => {
  const offenders = await names(
    `select index.indexrelid::regclass::text as name
     from (${keyColumns}) found join pg_index index on index.indrelid = found.oid and index.indisunique
     where not found.attnum = any(index.indkey)
       and not exists (
         select from pg_attribute column_
         where column_.attrelid = found.oid and column_.attnum = any(index.indkey) and column_.atttypid = 'uuid'::regtype)`,
    rules,
  );
  expect(offenders).toEqual([]);
});

test('no foreign key leaves a schema', async () => {
  const offenders = await names(
    `select conname as name from pg_constraint
     join pg_class child on child.oid = conrelid join pg_class parent on parent.oid = confrelid
     where contype = 'f' and child.relnamespace <> parent.relnamespace`,
  );
  expect(offenders).toEqual([]);
});

test('no identity column refuses the value that the other side gave a row', async () => {
  expect(
    await names(
      `select attrelid::regclass::text as name from pg_attribute join pg_class on pg_class.oid = attrelid
       where attidentity = 'a' and relnamespace <> 'strangler'::regnamespace`,
    ),
  ).toEqual([]);
});
