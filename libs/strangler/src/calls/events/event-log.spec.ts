import { DataSource } from 'typeorm';
import { clicked, clicks, clicksDatabase, tally } from '../../../../../test/support/clicks.js';
import type { TestDatabase } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { withContext } from '../../database/context.js';
import { Database } from '../../database/database.js';
import { describeTables } from '../../database/tables.js';
import { inTransaction } from '../../database/transaction.js';
import { Pruner } from '../../engine/pruning/pruner.js';
import { defaultRetention } from '../../engine/pruning/retention.js';
import { anyDueSql, EventLog, type HandledKey } from './event-log.js';
import { Events } from './events.js';
import { Subscribers } from './subscribers.js';

/* What the log says is due, and what is written down of it. */
let database: TestDatabase;
let dataSource: DataSource;
let pool: Database;
let log: EventLog;
const subscribers = new Subscribers([clicks, tally]);
const [subscriber] = subscribers.of('clicks');

beforeAll(async () => {
  database = await clicksDatabase('monolith');
  await database.query(
    `insert into strangler.ownership (module, side, extracted_below, home) values ('clicks', 'monolith', 0, strangler.home())`,
  );
  dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
  pool = new Database(database.url);
  log = new EventLog(pool, 'clicks');
});
beforeEach(() => database.query('truncate clicks.event, clicks.event_stream, clicks.event_cursor'));
afterAll(async () => {
  await Promise.all([pool.close(), dataSource.destroy()]);
  await database.drop();
});

/** Tells of clicks, in one transaction; with these contracts. */
const tell = (names: string[], by = subscribers) =>
  withContext({ requestId: 'r-1', traceparent: '00-a-b-01', servedBy: new Map() }, () =>
    inTransaction(dataSource, 'clicks', async () => {
      for (const name of names) new Events(by).emit(clicked, { name, n: 1 });
    }),
  );
const due = (busy: string[] = []) => log.due(subscriber!, { limit: 10, each: 2, busy });
const settled = (seq: number, problem?: Partial<HandledKey['problem']>): HandledKey => ({
  ...{ key: 'a', from: 0, seq, generation: 0 },
  ...(problem && { problem: { error: 'no', tries: 1, failures: 1, retryMs: null, ...problem } }),
});

it('what was told is due, each key with its first events, in the order of the numbers', async () => {
  await tell(['a', 'b', 'a', 'a']);
  const found = await due();
  expect(found.map(({ key, seq, head }) => [key, seq, head]).sort()).toEqual([
    ['a', 0, 3],
    ['b', 0, 1],
  ]);
  expect(found.find(({ key }) => key === 'a')?.events).toMatchObject([
    { seq: 1, type: 'clicks.clicked', data: { name: 'a', n: 1 }, requestId: 'r-1', traceparent: '00-a-b-01' },
    { seq: 2 },
  ]);
  expect(await due(['a'])).toMatchObject([{ key: 'b' }]);
});

it('while the database is away, what was handled is not written down key by key: it is delivered once more', async () => {
  const together = jest.fn(() => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })));
  const away = new EventLog({ together } as unknown as Database, 'clicks');
  await away.settle('tally', [settled(1), { ...settled(1), key: 'b' }, { ...settled(1), key: 'c' }]);
  expect(together).toHaveBeenCalledTimes(1);
});

it('outside of a transaction nothing can be told', () => {
  expect(() => new Events(subscribers).emit(clicked, { name: 'a', n: 1 })).toThrow(
    'clicks.clicked was told outside of a transaction: tell it in a command, or in a step of a saga',
  );
});

it('what is handled is not due any more, and what follows is', async () => {
  await tell(['a', 'a']);
  await log.settle('tally', [settled(1)]);
  expect(await due()).toMatchObject([{ seq: 1, events: [{ seq: 2 }] }]);
  await log.settle('tally', [{ key: 'a', from: 1, seq: 2, generation: 0 }]);
  expect(await due()).toEqual([]);
  await tell(['a']);
  expect(await due()).toMatchObject([{ seq: 2, head: 3, events: [{ seq: 3 }] }]);
});

it('whoever comes late changes nothing', async () => {
  await tell(['a', 'a']);
  await log.settle('tally', [settled(2)]);
  await log.settle('tally', [settled(1)]);
  expect(await due()).toEqual([]);
});

it('a key that is being handed off is left out, and holds no other', async () => {
  await tell(['a', 'b']);
  await database.query(
    `update strangler.ownership set fence_from = strangler.bucket('clicks', 'a'), fence_to = strangler.bucket('clicks', 'a') + 1`,
  );
  expect((await due()).map(({ key }) => key)).toEqual(['b']);
  await log.settle('tally', [settled(1), { key: 'b', from: 0, seq: 1, generation: 0 }]);
  await database.query('update strangler.ownership set fence_from = null, fence_to = null');
  expect(await due()).toMatchObject([{ key: 'a', seq: 0 }]);
});

it('one that has failed is due at its time, and one that has failed for good never', async () => {
  await tell(['a']);
  await log.settle('tally', [settled(0, { retryMs: 30_000 })]);
  expect(await due()).toEqual([]);
  await tell(['a']);
  expect(await due()).toEqual([]);
  await database.query('update clicks.event_cursor set due_at = clock_timestamp()');
  expect(await due()).toMatchObject([{ tries: 1, failures: 1 }]);
  await log.settle('tally', [settled(0)]);
  expect(await due()).toMatchObject([{ tries: 0, failures: 0 }]);
  await log.settle('tally', [settled(0, {})]);
  await tell(['a']);
  expect(await due()).toEqual([]);
  expect(
    await database.query('select failed_at is not null as failed, error from clicks.event_cursor'),
  ).toEqual([{ failed: true, error: 'no' }]);
});

it('what was put off before the clock was set back is due', async () => {
  await tell(['a']);
  await database.query(`update clicks.event_cursor set due_at = clock_timestamp() + interval '1 hour'`);
  expect(await due()).toHaveLength(1);
});

it('who may not deliver what is due is not kept awake by it', async () => {
  const isAwake = async () =>
    (await pool.query<{ any: boolean }>(anyDueSql('clicks'), ['clicks', ['tally']]))[0]!.any;
  const own = (set: string) => database.query(`update strangler.ownership set ${set}`);
  await tell(['a']);
  expect(await isAwake()).toBe(true);
  await own('extracted_below = 10000');
  expect(await isAwake()).toBe(false);
  await own('extracted_below = 0, asks = true');
  expect(await isAwake()).toBe(false);
  await own('asks = false');
  expect(await isAwake()).toBe(true);
});

it('a side that has not proven itself delivers nothing', async () => {
  await tell(['a']);
  await database.query(`update strangler.ownership set asks = true`);
  expect(await due()).toEqual([]);
  await database.query(`update strangler.ownership set asks = false`);
  expect(await due()).toHaveLength(1);
});

it('after a failover to a copy that lacks the last ones, the next one is delivered all the same', async () => {
  await tell(['a', 'a', 'a']);
  await log.settle('tally', [settled(3)]);
  await database.query(`delete from clicks.event where seq > 1; update clicks.event_stream set last_seq = 1`);
  await tell(['a']);
  expect(await due()).toMatchObject([{ seq: 1, head: 2, events: [{ seq: 2 }] }]);
});

it('what JetStream had is due again when another stream is there', async () => {
  const both = new Subscribers([clicks, tally], true);
  const outside = both.outsideOf('clicks')!;
  const dueIn = (stream: number) => log.due(outside, { limit: 10, each: 10, busy: [], stream });
  await tell(['a', 'a'], both);
  expect(await dueIn(7)).toMatchObject([{ from: 0, seq: 0, head: 2 }]);
  await log.settle('jetstream', [{ key: 'a', from: 0, seq: 2, generation: 0, stream: 7 }]);
  expect([await dueIn(7), await dueIn(8)]).toEqual([[], []]);
  await log.sweep(outside, '', { stream: 7 });
  expect(await dueIn(7)).toEqual([]);
  await log.sweep(outside, '', { stream: 8 });
  expect(await dueIn(8)).toMatchObject([
    { from: 2, seq: 0, head: 2, generation: 7, events: [{ seq: 1 }, { seq: 2 }] },
  ]);
  await log.settle('jetstream', [{ key: 'a', from: 2, seq: 1, generation: 7, stream: 8 }]);
  // Who still has the stream of before changes nothing.
  await log.settle('jetstream', [{ key: 'a', from: 2, seq: 2, generation: 7, stream: 7 }]);
  expect(await dueIn(8)).toMatchObject([{ seq: 1, events: [{ seq: 2 }] }]);
});

it('what no module has still to handle is pruned, whether JetStream has it or not', async () => {
  await tell(['a', 'b'], new Subscribers([clicks, tally], true));
  await log.settle('tally', [settled(1)]);
  const moving = { module: 'clicks', ownership: 'by-key', routingKey: 'name', transforms: {} } as const;
  const tables = await describeTables(pool, { ...moving, tables: ['event', 'event_cursor'] });
  const retention = { ...defaultRetention, eventsMs: 0 };
  const pruner = new Pruner({ database: pool, module: 'clicks', tables: () => tables, retention });
  await until('nothing is left to prune', async () => ((await pruner.turn()) ? true : undefined));
  expect(await database.query('select routing_key as key from clicks.event')).toEqual([{ key: 'b' }]);
});

describe('a process that does not know the subscriber tells something', () => {
  const nobody = new Subscribers([clicks]);
  const sweep = async (of = subscriber!) => {
    for (let after: string | undefined = ''; after !== undefined;)
      after = await log.sweep(of, after, { pieceKeys: 1 });
  };

  it('of a key that the subscriber knows: it is found', async () => {
    await tell(['a']);
    await log.settle('tally', [settled(1)]);
    await tell(['a', 'b'], nobody);
    expect(await due()).toEqual([]);
    await sweep();
    expect(await due()).toMatchObject([{ key: 'a', seq: 1, head: 2 }]);
  });

  it('a view begins with the first of all keys', async () => {
    await tell(['a', 'b', 'b'], nobody);
    await sweep({ ...subscriber!, fromFirst: true });
    expect((await due()).map(({ key, seq, head }) => [key, seq, head]).sort()).toEqual([
      ['a', 0, 1],
      ['b', 0, 2],
    ]);
  });

  it('also where somebody has told it of a later one', async () => {
    await tell(['a', 'a'], nobody);
    const view = new Subscribers([clicks, tallyFromFirst]);
    await tell(['a'], view);
    expect(await due()).toMatchObject([{ key: 'a', seq: 0, head: 3 }]);
  });
});

const tallyFromFirst = {
  ...tally,
  operations: { ...tally.operations, clicked: { ...tally.operations.clicked, from: 'first' as const } },
};
