import { Logger } from '@nestjs/common';
import { clicks, clicksDatabase, tally } from '../../../../../test/support/clicks.js';
import type { TestDatabase } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { Database } from '../../database/database.js';
import { EventDelivery } from './delivery.js';
import { EventLog } from './event-log.js';
import { Subscribers } from './subscribers.js';

let database: TestDatabase;
let pool: Database;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await clicksDatabase('monolith');
  pool = new Database(database.url);
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
  await pool.close();
  await database.drop();
});

it('keys that could not be looked through are looked through again, and not only an hour later', async () => {
  // Told by a process that does not know who is to hear of the second one.
  await database.query(`
    insert into strangler.ownership (module, side, extracted_below, home) values ('clicks', 'monolith', 0, strangler.home());
    insert into clicks.event_stream (routing_key, last_seq) values ('a', 2);
    insert into clicks.event (routing_key, seq, id, type, data, request_id)
      select 'a', n, gen_random_uuid(), 'clicks.clicked', json_build_object('name', 'a', 'n', n), 'r' from generate_series(1, 2) n;
    insert into clicks.event_cursor (routing_key, subscriber, seq, head) values ('a', 'tally', 1, 1)`);
  const call = jest.fn(() => Promise.resolve());
  const late = () => Promise.reject(new Error('canceling statement due to statement timeout'));
  const sweep = jest.spyOn(EventLog.prototype, 'sweep').mockImplementationOnce(late);
  const delivery = new EventDelivery({
    ...{
      database: pool,
      module: 'clicks',
      subscribers: new Subscribers([clicks, tally]).modulesOf('clicks'),
    },
    router: { call, isTransactional: () => false, together: () => Promise.reject(new Error('not here')) },
    stored: () => Promise.resolve(),
  });
  delivery.onApplicationBootstrap();
  try {
    await until('the second is delivered', () => (call.mock.calls.length > 0 ? true : undefined));
  } finally {
    await delivery.beforeApplicationShutdown();
  }
  expect(sweep.mock.calls.length).toBeGreaterThan(1);
});
