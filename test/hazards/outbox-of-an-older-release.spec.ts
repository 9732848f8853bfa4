import { dataSourceOptions } from '#platform';
import { DataSource } from 'typeorm';
import { renewCapture } from '#strangler/engine/ownership/capture';
import { Outbox1764000000012 } from '../../migrations/strangler/0012-outbox.js';
import { Releases1764000000017 } from '../../migrations/strangler/0017-releases.js';
import { CapturedRows1764000000021 } from '../../migrations/strangler/0021-captured-rows.js';
import { replicas, type Replicas } from '../support/replication.js';

/*
 * A release that wrote one outbox row a changed row is ended in the middle of a move, and this one starts on its database: what waited
 * there must go over, in its order, and its triggers would go on to write rows of a form that is no more.
 */
let both: Replicas;

beforeAll(async () => (both = await replicas()));
afterAll(() => both.close());

const owner = () => both.monolith.database;
const changes = () =>
  owner().query(
    'select id::float8 as id, table_name, pk, key, parked from strangler.outbox_changes order by id',
  );

/** What 0.1.0 installed, as far as it speaks of the outbox. */
const oldTrigger = `
  create or replace function strangler.capture_fruit_basket_update() returns trigger language plpgsql as $$
  declare
    buckets integer[];
    ids bigint[];
  begin
    with added as (
      insert into strangler.outbox (module, table_name, pk, key, bucket)
      select 'fruit', 'basket', array[r."id"::text], r."owner"::text, strangler.bucket('fruit', r."owner"::text)
      from new_rows r returning id, bucket)
    select array_agg(id), array_agg(bucket) into ids, buckets from added;
    perform strangler.captured('fruit', buckets, ids);
    return null;
  end $$`;

it('what waits keeps its number, its key and its place, there and back', async () => {
  await owner().query(`insert into fruit.basket select i, 'o"{,' || i, 'x', 1 from generate_series(1, 5) i`);
  await owner().query(`update fruit.basket set weight = 2 where id = 3`);
  await owner().query(
    `select strangler.detach_changes('fruit', array(select id from strangler.outbox_changes where pk = '{4}'), true)`,
  );
  await owner().query(
    `update strangler.outbox set parked = 'too heavy' where count = 1 and pks = array['{4}']`,
  );
  const before = await changes();
  expect(before).toHaveLength(6);

  const source = await new DataSource(
    dataSourceOptions(both.monolith.test.url, { poolSize: 1 }),
  ).initialize();
  const runner = source.createQueryRunner();
  const [migration, releases] = [new Outbox1764000000012(), new Releases1764000000017()];
  const rows = new CapturedRows1764000000021();
  await rows.down(runner);
  await releases.down(runner);
  await migration.down(runner);
  const old = (await runner.query(
    'select id::float8 as id, table_name, pk, key, parked from strangler.outbox order by id',
  )) as object[];
  expect(old).toEqual(before);
  const [wrong] = (await runner.query(
    'select count(*)::int as rows from strangler.outbox where bucket <> strangler.bucket(module, key)',
  )) as object[];
  expect(wrong).toEqual({ rows: 0 });
  await runner.query(oldTrigger);
  await runner.query('update fruit.basket set weight = 3 where id = 1');
  await migration.up(runner);
  await releases.up(runner);
  await rows.up(runner);
  await source.destroy();
  const after = await changes();
  expect(after.slice(0, 6)).toEqual(before);
  expect(after).toHaveLength(7);
});

it('its triggers are refused until a process has started, and then all goes over', async () => {
  const write = () => owner().query(`update fruit.basket set weight = 4 where id = 2`);
  await expect(write()).rejects.toMatchObject({ code: 'SR426' });
  await Promise.all([1, 2, 3].map(() => renewCapture(owner(), both.monolith.tables)));
  await write();
  await expect(owner().query('update fruit.basket set id = 77 where id = 2')).rejects.toMatchObject({
    code: 'SR403',
  });
  await both.monolith.outgoing.unpark({
    ids: (await both.monolith.outgoing.parked()).map(({ id }) => id),
    how: 'retry',
  });
  both.relay();
  await both.drained();
  expect(await both.extracted.rows('basket')).toEqual(await both.monolith.rows('basket'));
  expect(await both.extracted.rows('basket')).toHaveLength(5);
});
