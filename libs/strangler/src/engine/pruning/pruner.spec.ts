import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { toy, toyDatabase, type ToyDatabase } from '../../../../../test/support/toy.js';
import { toyExecutor } from '../../../../../test/support/toy-executor.js';
import { until } from '../../../../../test/support/until.js';
import { Database } from '../../database/database.js';
import type { Executor } from '../../calls/executor.js';
import { describeTables, type MovingModule, type MovingTable } from '../../database/tables.js';
import { Pruner } from './pruner.js';
import { defaultRetention } from './retention.js';

/* What is forgotten too early is done twice; what is never forgotten fills the disk. */
const moving: MovingModule = {
  ...{ module: toy.name, ownership: 'by-key', routingKey: 'name', transforms: {} },
  tables: ['idempotency', 'saga'],
};
const border = 5_000;

let test: ToyDatabase;
let database: Database;
let tables: MovingTable[];
let executor: Executor;
let pruner: Pruner;

beforeAll(async () => {
  test = await toyDatabase();
  database = new Database(test.url);
  tables = await describeTables(database, moving);
  executor = toyExecutor(test.dataSource).executor;
});
beforeEach(() => {
  pruner = new Pruner({ database, module: 'toy', tables: () => tables, retention: defaultRetention });
});
afterEach(async () => {
  await pruner.stop();
  await test.query(
    'truncate toy.idempotency, toy.saga, toy.effect, strangler.pruning, strangler.history, strangler.given_up, strangler.mismatch',
  );
  await test.query('update strangler.ownership set extracted_below = 0');
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

const put = (commandId: string, name = 'A') => executor.execute('put', { name }, commandId);
/** All that is known of commands is so many days old. */
const age = (days: number) =>
  test.query('update toy.idempotency set created_at = clock_timestamp() - $1 * interval $$1 day$$', [days]);
const prune = () => until('nothing is left to prune', async () => ((await pruner.turn()) ? true : undefined));
const left = async (): Promise<number> => (await test.query('select from toy.idempotency')).length;

it('who says a command again in time is answered from what was stored, and later does it anew', async () => {
  const commandId = randomUUID();
  await put(commandId);
  await age(29);
  await prune();
  await put(commandId);
  expect(await test.effects()).toEqual(['A']);
  await age(31);
  await prune();
  await put(commandId);
  expect(await test.effects()).toEqual(['A', 'A']);
});

it('a command that was taken back is refused for twice as long', async () => {
  const commandId = randomUUID();
  await expect(executor.execute('put', { name: 'A' }, commandId, { cancel: true })).rejects.toMatchObject({
    code: 'command_undone',
  });
  await age(59);
  await prune();
  await expect(put(commandId)).rejects.toMatchObject({ code: 'command_undone' });
  expect(await test.effects()).toEqual([]);
  await age(61);
  await prune();
  await put(commandId);
  expect(await test.effects()).toEqual(['A']);
});

it('all that one command has on a side goes at once, in small pieces', async () => {
  await test.query(`
    create table toy.gone (piece bigint, command_id uuid);
    create function toy.see() returns trigger language plpgsql as $$ begin
      insert into toy.gone select txid_current(), command_id from old_rows; return null; end $$;
    create trigger see after delete on toy.idempotency referencing old table as old_rows
      for each statement execute function toy.see()`);
  await test.query(
    `insert into toy.idempotency (command_id, routing_key, input_hash, result, created_at)
     select md5((i / 3)::text)::uuid, 'K-' || i % 3, '', '{}', clock_timestamp() - interval '40 days' + i / 3 * interval '1 ms'
     from generate_series(0, 1499) i`,
  );
  await prune();
  expect(await left()).toBe(0);
  const pieces = await test.query<{ rows: number }>(
    'select count(*)::int as rows from toy.gone group by piece having count(*) > 0',
  );
  expect(pieces.length).toBeGreaterThan(5);
  expect(Math.max(...pieces.map(({ rows }) => rows))).toBeLessThan(210);
  expect(
    await test.query('select from toy.gone group by command_id having count(distinct piece) > 1'),
  ).toEqual([]);
  await test.query('drop trigger see on toy.idempotency; drop function toy.see(); drop table toy.gone');
});

it.each([
  ['waiting', 1],
  ['running', 1],
  ['compensating', 1],
  ['done', 0],
  ['failed', 0],
])('of a saga that is %s, and of its command, %p is left', async (status, kept) => {
  const ended = kept === 0;
  await test.query(
    `insert into toy.idempotency (command_id, routing_key, input_hash, result, created_at)
     values (md5('s')::uuid, 'A', '', $1, clock_timestamp() - interval '40 days')`,
    [ended ? '{}' : null],
  );
  await test.query(
    `insert into toy.saga (id, command_id, routing_key, process, request_id, status, step, state, due_at, created_at, ended_at)
     select (lpad(to_hex((extract(epoch from t) * 1000)::bigint), 12, '0') || '7000a000000000000000')::uuid,
       md5('s')::uuid, 'A', 'p', 'r', $1, 0, '{}', t, t, case when $2 then t + interval '1 minute' end
     from (select clock_timestamp() - interval '40 days' as t) began`,
    [status, ended],
  );
  await prune();
  expect(await left()).toBe(kept);
  expect(await test.query('select from toy.saga')).toHaveLength(kept);
});

it('a saga that has ended lately stays, however long it took', async () => {
  await test.query(
    `insert into toy.saga (id, command_id, routing_key, process, request_id, status, step, state, due_at, created_at, ended_at)
     values ('00000000-0000-7000-a000-000000000000', md5('s')::uuid, 'A', 'p', 'r', 'done', 0, '{}', now(), now(), now() - interval '29 days')`,
  );
  await prune();
  expect(await test.query('select from toy.saga')).toHaveLength(1);
});

it('what the other side owns is left to it', async () => {
  for (let i = 0; i < 40; i++) await put(randomUUID(), `K-${i}`);
  await age(40);
  await test.query('update strangler.ownership set extracted_below = $1', [border]);
  const theirs = await test.query(
    `select from toy.idempotency where strangler.bucket('toy', routing_key) < $1`,
    [border],
  );
  expect(theirs.length).toBeGreaterThan(5);
  await prune();
  expect(await left()).toBe(theirs.length);
});

it('a clock that is ahead prunes nothing early', async () => {
  await put(randomUUID());
  await age(10);
  const real = Date.now();
  jest.useFakeTimers({ now: real + 400 * 86_400_000, doNotFake: timers });
  await prune();
  expect(await left()).toBe(1);
  // Of the database: as if it were a year later there.
  await age(400);
  jest.setSystemTime(real - 400 * 86_400_000);
  await prune();
  expect(await left()).toBe(1);
  jest.useRealTimers();
  await prune();
  expect(await left()).toBe(0);
});

it('of the history the latest stay, and of what is older than it is kept nothing else', async () => {
  await test.query(
    `insert into strangler.history (at, module, actor, action, from_phase, to_phase, outcome)
     select clock_timestamp() - interval '500 days', 'toy', 'a', 'phase', 'monolith', 'monolith', 'done' from generate_series(1, 350)`,
  );
  await test.query(
    `insert into strangler.given_up (module, id, table_name, pk, key, why, at)
     select 'toy', i, 't', '{}', 'k', 'w', clock_timestamp() - i * interval '200 days' from generate_series(1, 4) i`,
  );
  await test.query(
    `insert into strangler.mismatch (module, operation, input, differences, at)
     select 'toy', 'look', '{}', '[]', clock_timestamp() - i * interval '5 days' from generate_series(1, 4) i`,
  );
  await prune();
  const counts = await test.query<{ history: number; reports: number; samples: number; newest: number }>(
    `select (select count(*)::int from strangler.history) as history, (select count(*)::int from strangler.given_up) as reports,
       (select count(*)::int from strangler.mismatch) as samples,
       (select max(id) - min(id) + 1 from strangler.history)::int as newest`,
  );
  // Of reports and samples only the first of four is young enough.
  expect(counts).toEqual([{ history: 100, newest: 100, reports: 1, samples: 1 }]);
});

it('says how much it has pruned, and when nothing was left', async () => {
  await put(randomUUID());
  await age(40);
  await prune();
  const [row] = await test.query<{ rows: number; lately: boolean }>(
    `select rows::int as rows, passed_at > clock_timestamp() - interval '1 minute' as lately
     from strangler.pruning where what = 'results'`,
  );
  expect(row).toEqual({ rows: 1, lately: true });
});

it.each([
  [
    'the other side is behind',
    'behind',
    `insert into strangler.relay (module, degraded_since) values ('toy', now())`,
  ],
  ['somebody holds a lock', 'locked', 'lock table toy.idempotency in access exclusive mode'],
])(
  'what was not pruned to the end for an hour is late, and says what it waits for: %s',
  async (_what, waitsFor, sql) => {
    await put(randomUUID());
    await age(40);
    await prune();
    expect(pruner.late).toEqual([]);
    await age(40);
    await test.query(
      `update strangler.pruning set passed_at = clock_timestamp() - interval '2 hours' where what = 'results'`,
    );
    const client = new Client(test.url);
    await client.connect();
    await client.query('begin');
    await client.query(sql);
    if (waitsFor === 'behind') await client.query('commit');
    await pruner.turn();
    expect(pruner.late).toMatchObject([{ what: 'results', problem: null, waitsFor }]);
    expect(Math.round(pruner.late[0]!.lateMs / 3_600_000)).toBe(2);
    await client.end();
    await test.query(`delete from strangler.relay`);
    await prune();
    expect(pruner.late).toEqual([]);
  },
);

it('what cannot be pruned is in no way of the rest, and says why', async () => {
  const warned = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  await put(randomUUID());
  await age(40);
  await test.query(
    `insert into strangler.pruning (module, what, passed_at) values ('toy', 'results', now() - interval '3 hours')`,
  );
  await test.query(
    `insert into strangler.mismatch (module, operation, input, differences, at)
     values ('toy', 'look', '{}', '[]', clock_timestamp() - interval '50 days')`,
  );
  await test.query('create rule kept as on delete to toy.idempotency do instead nothing');
  await prune();
  expect(await test.query('select from strangler.mismatch')).toEqual([]);
  expect(pruner.late).toMatchObject([
    { what: 'results', waitsFor: null, problem: expect.stringContaining('idempotency') as string },
  ]);
  await test.query('drop rule kept on toy.idempotency');
  await prune();
  expect(pruner.late).toEqual([]);
  warned.mockRestore();
});

const timers = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];
