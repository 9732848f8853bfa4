import type pg from 'pg';
import { startCapture } from '#strangler/engine/ownership/capture';
import { untilBlocked } from '../../support/blocked.js';
import { openSide, type TestSide } from '../../support/moving.js';

/* A write that is neither in the backfill's snapshot nor in the outbox would be lost for the other side. */
let here: TestSide;
let writer: pg.Client;

beforeEach(async () => {
  here = await openSide('monolith', { capture: false });
  writer = await here.database.session();
});
afterEach(async () => {
  await writer.end();
  await here.drop();
});

const recorded = () => here.query<{ key: string }>('select key from strangler.outbox_changes order by id');
const start = () => startCapture(here.database, here.tables);

it('capture waits for a writer inside: its row is committed before capture stands', async () => {
  await writer.query(`begin; insert into box.thing values ('before')`);
  const starting = start();
  await untilBlocked(here.test, 1);
  await writer.query('commit');
  await starting;
  expect(await recorded()).toEqual([]);
  await here.query(`insert into box.thing values ('after')`);
  expect(await recorded()).toEqual([{ key: 'after' }]);
});

it('a transaction under REPEATABLE READ that began before is captured when it writes after', async () => {
  await writer.query('begin isolation level repeatable read; select 1 from box.part');
  // Having read holds only a lock that capture does not wait for on another table.
  await here.database.query('select 1');
  const starting = start();
  await starting;
  await writer.query(`insert into box.thing values ('late'); commit`);
  expect(await recorded()).toEqual([{ key: 'late' }]);
});

it('a writer that never ends stops the start with a sentence, and no other writer waits behind it', async () => {
  await writer.query(`begin; insert into box.thing values ('held')`);
  const starting = start();
  const outcome = starting.then(
    () => 'stands',
    (error: unknown) => (error as Error).message,
  );
  await untilBlocked(here.test, 1);
  for (let i = 0; i < 20; i++) await here.query('insert into box.thing values ($1)', [`other ${i}`]);
  await writer.query('rollback');
  expect(await outcome).toBe('stands');
});
