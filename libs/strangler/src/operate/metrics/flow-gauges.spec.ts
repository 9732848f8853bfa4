import { clicks, clicksDatabase, tally } from '../../../../../test/support/clicks.js';
import type { TestDatabase } from '../../../../../test/support/postgres.js';
import { Database } from '../../database/database.js';
import { Subscribers } from '../../calls/events/subscribers.js';
import { eventGauges, openSagaGauges } from './flow-gauges.js';

let database: TestDatabase;
let pool: Database;
const subscribers = new Subscribers([clicks, tally]);

beforeAll(async () => {
  database = await clicksDatabase('monolith');
  pool = new Database(database.url);
  await database.query(
    `insert into strangler.ownership (module, side, extracted_below, home)
     values ('clicks', 'monolith', 0, strangler.home()), ('tally', 'monolith', 0, strangler.home())`,
  );
});
afterAll(async () => {
  await pool.close();
  await database.drop();
});

it('each subscriber has what waits, how old it is, and what has failed; one that has handled all has nothing', async () => {
  const labels = { module: 'clicks', subscriber: 'tally' };
  expect(await eventGauges(pool, subscribers).read()).toMatchObject({ strangler_event_backlog: [] });
  await database.query(`
    insert into clicks.event (routing_key, seq, id, type, data, request_id, at)
      select key, seq, gen_random_uuid(), 'clicks.clicked', '{}', 'r', now() - interval '90 s'
      from unnest(array['a', 'b', 'c']) key, generate_series(1, 3) seq`);
  await database.query(`
    insert into clicks.event_cursor (routing_key, subscriber, seq, head, due_at, failed_at) values
      ('a', 'tally', 1, 3, now(), null), ('b', 'tally', 2, 3, null, now()), ('c', 'tally', 3, 3, null, null),
      ('c', 'jetstream', 0, 3, now(), null)`);
  const read = await eventGauges(pool, subscribers).read();
  expect(read).toMatchObject({
    strangler_event_backlog: [{ labels, value: 3 }],
    strangler_event_failed: [{ labels, value: 1 }],
  });
  const outside = await eventGauges(pool, new Subscribers([clicks, tally], true)).read();
  expect(outside['strangler_event_backlog']).toHaveLength(2);
  const [{ value: age } = { value: 0 }] = read['strangler_event_lag_seconds'] ?? [];
  expect(age).toBeGreaterThanOrEqual(90);
});

it('sagas are counted by where they stand, with the oldest and the most tries; those that have ended are not', async () => {
  await database.query(`select strangler.create_saga_table('tally')`);
  const insert = (status: string, attempts: number) =>
    database.query(
      `insert into tally.saga (id, command_id, routing_key, process, request_id, status, step, state, attempts, due_at)
       values (gen_random_uuid(), gen_random_uuid(), 'a', 'p', 'r', $1, 0, '{}', $2, now())`,
      [status, attempts],
    );
  for (const [status, attempts] of [
    ['running', 0],
    ['running', 7],
    ['waiting', 2],
    ['done', 9],
  ] as const)
    await insert(status, attempts);
  const read = await openSagaGauges(pool).read();
  const of = (name: string) =>
    Object.fromEntries(read[name]!.map(({ labels, value }) => [labels!['status'], value]));
  expect(of('strangler_sagas')).toEqual({ running: 2, waiting: 1 });
  expect(of('strangler_saga_tries')).toEqual({ running: 7, waiting: 2 });
});
