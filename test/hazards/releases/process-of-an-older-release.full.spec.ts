import { dataSourceOptions, migrate } from '#platform';
import { isDomainError } from 'nestjs-strangler/contract';
import { Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { ownerRefusal } from '#strangler/database/refusals';
import { release, releaseNumber } from '#strangler/database/release';
import { Database } from '#strangler/database/database';
import { renewCapture } from '#strangler/engine/ownership/capture';
import { runPending } from '#strangler/migrate/migrate';
import { pendingAfter } from '#strangler/migrate/pending';
import { describeTables } from '#strangler/database/tables';
import { fixtureOf } from '../../fixtures/fixture.js';
import { upgraded } from '../../fixtures/restore.js';
import { untilBlocked } from '../../support/blocked.js';
import { queryOnce, type TestDatabase } from '../../support/postgres.js';
import { until } from '../../support/until.js';

/*
 * A process of 0.1.0 that still runs, or is started by mistake, works on a database that was upgraded under it. It knows no proof, no
 * peer and no whole outbox rows: whatever it moves is wrong. So it is refused, and told why.
 *
 *   the old process                       the upgrade
 *   1. is connected                       waits, and names it
 *   2. has begun a command                waits for its end
 *   3. connects after the look            holds the tables; what the old process then calls runs in the text of before the upgrade,
 *                                         and in the database of after it
 *   4. has stopped                        runs
 *   5. starts again                       is over: every statement that moves something is refused
 */
const modules = ['limits', 'users', 'inventory', 'payments', 'orders'];
const refused = {
  code: 'SR426',
  message: expect.stringMatching(
    /this database was upgraded to 0\.2\.0; this process is of 0\.1\.0: stop it/,
  ),
};
/** As 0.1.0 named the sessions of its commands, and of its toolkit. */
const [application, toolkit] = ['strangler-shop', 'strangler'];
const open: pg.Client[] = [];
let database: TestDatabase;

beforeEach(async () => {
  const restored = await upgraded(fixtureOf('0.1.0').monolith);
  database = { ...restored, query: (sql, params) => queryOnce(restored.url, sql, params) };
});
afterEach(async () => {
  for (const client of open.splice(0)) await client.end();
  await database.drop();
});

async function session(name: string, release?: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: database.url,
    application_name: name,
    ...(release && { options: `-c strangler.release=${release}` }),
  });
  await client.connect();
  open.push(client);
  return client;
}

const begin = 'select key, state, result from strangler.begin_command($1, $2, $3, $4, $5)';
const store = 'select strangler.store_results($1, $2, $3, $4) as ids';
const command = (id: string = randomUUID()) => ({
  begin: [begin, ['users', id, ['anna'], [Buffer.from('x')], null]] as [string, unknown[]],
  store: [store, ['users', id, ['anna'], ['"done"']]] as [string, unknown[]],
});

/** What 0.1.0 says to its database when it writes or moves something, word for word. */
const statements: [string, string, string, unknown[]][] = [
  ['a command', application, ...command().begin],
  ['the end of a command', application, ...command().store],
  ['a read at the owner', application, 'select strangler.assert_owner($1, $2)', ['inventory', ['F-1']]],
  ['a raw write', application, 'update inventory.stock_item set on_hand = on_hand where sku = $1', ['F-1']],
  [
    'a step of a saga',
    application,
    'select strangler.lock_saga($1, $2, $3, $4) as locked',
    ['orders', randomUUID(), 1, 'anna'],
  ],
  [
    'the lease of a saga',
    application,
    `update "orders".saga set version = version + 1, due_at = now() + $2 * interval '1 ms',
       side = (select o.side from strangler.ownership o where o.module = 'orders')
     where id in (
       select id from "orders".saga where status in ('running', 'waiting', 'compensating') and due_at <= now()
         and strangler.owns('orders', routing_key) order by due_at limit $1 for update skip locked)`,
    [5, 12_000],
  ],
  [
    'its start',
    toolkit,
    `insert into strangler.ownership (module, side, extracted_below, home)
     values ($1, $2, 0, strangler.home()) on conflict (module) do nothing`,
    ['inventory', 'monolith'],
  ],
  [
    'a fence, a new owner, a release',
    toolkit,
    `update strangler.ownership set epoch = $2 + 1, fence_from = $3, fence_to = $4
     where module = $1 and epoch = $2 and home = strangler.home() returning module`,
    ['inventory', 3, 2_500, 10_000],
  ],
  [
    'the beginning of capture',
    toolkit,
    'update strangler.ownership set capture = true where module = $1',
    ['users'],
  ],
  [
    'the end of capture',
    toolkit,
    'update strangler.ownership set capture = false where module = $1 and epoch = $2 returning module',
    ['inventory', 3],
  ],
  [
    'a relay that leads',
    toolkit,
    `insert into strangler.relay (module, term) values ($1, $2::bigint + 1)
     on conflict (module) do update set term = greatest(relay.term, $2::bigint) + 1 returning term::float8 as term`,
    ['inventory', 0],
  ],
  [
    'what the other side has stored',
    toolkit,
    `delete from strangler.outbox where module = $1 and id = any($2::bigint[])
     and id between (select min(id) from unnest($2::bigint[]) id) and (select max(id) from unnest($2::bigint[]) id)`,
    ['inventory', '{1010,1011}'],
  ],
  [
    'answers without the other side',
    toolkit,
    `insert into strangler.relay (module, degraded_since, reason) values ($1, clock_timestamp(), $2)
     on conflict (module) do update set degraded_since = coalesce(relay.degraded_since, excluded.degraded_since),
       reason = excluded.reason, recovering = false`,
    ['inventory', 'nobody is there'],
  ],
  ['a batch', toolkit, 'select strangler.begin_batch($1, $2, $3, $4)', ['inventory', 9, 9, []]],
  ['a backfill', toolkit, 'delete from strangler.backfill where module = $1', ['inventory']],
  [
    'verify',
    toolkit,
    `insert into strangler.verification (module, requested_at, actor, repair)
     values ($1, to_timestamp($4::float8 / 1000), $2, $3)
     on conflict (module) do update set requested_at = excluded.requested_at, actor = excluded.actor,
       repair = excluded.repair, cursor = null, done = 0, total = 0`,
    ['inventory', 'autopilot', false, 0],
  ],
  [
    'rows sent again',
    toolkit,
    'with entered as materialized (select strangler.enter($1) as ownership) select from entered',
    ['inventory'],
  ],
  [
    'a module of its controller',
    toolkit,
    `insert into strangler.module (module, settings, wanted_since, phase_since, step_since)
     select $1, $2, at, at, at from to_timestamp($3::float8 / 1000) at on conflict (module) do nothing`,
    ['inventory', '{}', 0],
  ],
  [
    'its history',
    toolkit,
    `insert into strangler.history (module, actor, action, from_phase, to_phase, outcome)
     values ($1, 'x', 'x', 'shifting', 'shifting', 'noted')`,
    ['inventory'],
  ],
  [
    'its routes',
    toolkit,
    `insert into strangler.route (module, entry) values ($1, $2)
     on conflict (module) do update set entry = excluded.entry`,
    ['inventory', '{}'],
  ],
  [
    'its shadow reads',
    toolkit,
    `insert into strangler.shadow (module, compared, mismatches) values ($1, $2, $3)
     on conflict (module) do update set
       compared = shadow.compared + excluded.compared, mismatches = shadow.mismatches + excluded.mismatches`,
    ['inventory', 1, 0],
  ],
];

/** All of it, apart from what was there before. */
const everything = async () =>
  JSON.stringify(
    await Promise.all(
      [
        'outbox',
        'ownership',
        'relay',
        'module',
        'backfill',
        'verification',
        'history',
        'route',
        'shadow',
      ].map((table) => database.query(`select * from strangler.${table} order by 1, 2`)),
    ),
  );

it('what it says after the upgrade is refused by name, and changes nothing', async () => {
  const oldNames = await database.query<{ name: string }>('select name from strangler.migrations order by 1');
  await migrate(database.url, modules);
  const before = await everything();
  // Before a process of this release has started: the triggers are those that 0.1.0 installed.
  const raw = statements.filter(([what]) => what === 'a raw write');
  for (const [, name, sql, params] of raw)
    await expect((await session(name)).query(sql, params)).rejects.toMatchObject(refused);
  await expect(database.query(raw[0]![2], raw[0]![3])).rejects.toMatchObject({ code: 'SR426' });

  const own = new Database(database.url);
  const moving = {
    module: 'inventory',
    tables: ['stock_item', 'reservation', 'idempotency'],
    transforms: {},
  };
  await renewCapture(own, await describeTables(own, { ...moving, ownership: 'by-key', routingKey: 'sku' }));
  await own.close();
  const sessions = { [application]: await session(application), [toolkit]: await session(toolkit) };
  const answers: [string, unknown][] = [];
  for (const [what, name, sql, params] of statements)
    answers.push([what, await sessions[name]!.query(sql, params).catch((error: unknown) => error)]);
  expect(answers).toEqual(statements.map(([what]) => [what, expect.objectContaining(refused)]));
  // Its own list of migrations is recorded: it has nothing to run when it starts.
  const now = await database.query<{ name: string }>('select name from strangler.migrations');
  expect(now).toEqual(expect.arrayContaining(oldNames));
  expect(await everything()).toBe(before);
});

it('a person with SQL is let in, as before, and so is the next release', async () => {
  await migrate(database.url, modules);
  for (const name of ['psql', 'strangler 0.2.0', 'strangler-shop 1.0.0 set-up'])
    await expect(
      (await session(name)).query(`select strangler.assert_owner('users', '{anna}')`),
    ).resolves.toMatchObject({ rowCount: 1 });
});

it('a session tells its release by a setting, else by its name, else by its silence; a person tells none', async () => {
  await migrate(database.url, modules);
  const told = `select strangler.session_release() as release, strangler.is_admitted() as admitted`;
  const expected: [string, string | undefined, object][] = [
    ['strangler', '2000', { release: 2_000, admitted: true }],
    ['psql', '1000', { release: 1_000, admitted: false }],
    // Where a pooler drops settings.
    ['strangler-shop 0.10.3 set-up', undefined, { release: 10_003, admitted: true }],
    [toolkit, undefined, { release: 1_000, admitted: false }],
    ['psql', undefined, { release: null, admitted: true }],
  ];
  for (const [name, setting, answer] of expected)
    expect((await (await session(name, setting)).query(told)).rows).toEqual([answer]);

  const setting = `select current_setting('strangler.release')::integer as release`;
  const own = new Database(database.url);
  const source = await new DataSource(dataSourceOptions(database.url, { poolSize: 1 })).initialize();
  const ours = await Promise.all([own.query(setting), source.query(setting)]);
  await Promise.all([own.close(), source.destroy()]);
  expect(ours).toEqual([[{ release: releaseNumber }], [{ release: releaseNumber }]]);
});

it('one that names its sessions otherwise, by its URL, is refused where it begins a command, ends one, or brings a batch', async () => {
  await migrate(database.url, modules);
  const other = await session('our shop');
  for (const [what, , sql, params] of statements.filter(([what]) => /command|batch/.test(what)))
    await expect(other.query(sql, params).then(() => what)).rejects.toMatchObject(refused);
});

it('the upgrade waits for a command that has begun, and for its process, and says which', async () => {
  const said = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const id = randomUUID();
  const old = await session(application);
  await old.query('begin');
  await old.query(...command(id).begin);
  let over = false;
  const upgrade = migrate(database.url, modules).then(() => (over = true));
  await until('the upgrade has looked', () => (said.mock.calls.length > 0 ? true : undefined));
  expect(said.mock.calls[0]![0]).toMatch(
    /^the upgrade waits: processes of 0\.1\.0 are connected to this database, .* stop all of them, then start 0\.2\.0: strangler-shop \(/,
  );
  await old.query(...command(id).store);
  await old.query('commit');
  expect(over).toBe(false);
  expect(await database.query(`select to_regproc('strangler.lowest_release')::text as name`)).toEqual([
    { name: null },
  ]);
  await open.pop()!.end();
  await upgrade;
  said.mockRestore();
  // What was acknowledged before is there, and answers who asks again.
  expect(
    await database.query(
      `select state, result from strangler.begin_command('users', $1, '{anna}', '{x}', null, false)`,
      [id],
    ),
  ).toEqual([{ state: 'done', result: '"done"' }]);
});

/* Interleaving 3. */
it('who connects while the upgrade holds the tables is refused when it lets them go', async () => {
  const holder = await session('psql');
  await holder.query('begin');
  await holder.query('select from strangler.outbox limit 1');
  const source = await session(`strangler ${release}`);
  const recorded = await database.query<{ name: string }>('select name from strangler.migrations');
  const forAsLongAsItTakes = 0;
  const upgrade = runPending(
    source,
    pendingAfter(new Set(recorded.map(({ name }) => name))),
    forAsLongAsItTakes,
  );
  await untilBlocked(database, 1);

  // What begins in the text of before may come through; no transaction does.
  const id = randomUUID();
  const lock = ['select strangler.lock_saga($1, $2, $3, $4)', ['orders', id, 1, 'anna']] as const;
  const late: [string, ...(readonly [string, readonly unknown[]])[]][] = [
    [application, command(id).begin, command(id).store],
    [application, lock, ['update orders.saga set version = version + 1 where id = $1', [id]]],
    [toolkit, ['update strangler.ownership set capture = true where module = $1', ['users']]],
    [toolkit, ['update strangler.relay set recovering = true where module = $1', ['inventory']]],
    [toolkit, ['select strangler.begin_batch($1, $2, $3, $4)', ['inventory', 9, 9, []]]],
  ];
  const transactions = await Promise.all(
    late.map(async ([name, ...said]) => [await session(name), said] as const),
  );
  const outcomes = transactions.map(async ([client, said]) => {
    try {
      await client.query('begin');
      for (const [sql, params] of said) await client.query(sql, [...params]);
      return await client.query('commit');
    } catch (error) {
      return error;
    }
  });
  await untilBlocked(database, 1 + late.length);
  await holder.query('commit');
  await upgrade;
  expect(await Promise.all(outcomes)).toEqual(late.map(() => expect.objectContaining(refused)));
});

it('a release that the database takes no more does not start, and hears why while it runs', async () => {
  await migrate(database.url, modules);
  const own = new Database(database.url);
  const ask = () => own.query(`select strangler.assert_owner('users', '{anna}')`);
  // Its session keeps the plans that it has made for what the database allowed.
  for (let n = 0; n < 10; n++) await ask();
  await database.query(`create or replace function strangler.lowest_release() returns integer language sql stable parallel safe
    return strangler.release_number('99.0.0')`);
  await expect(migrate(database.url, modules)).rejects.toThrow(
    `upgraded to 99.0.0, and this process is of ${release}: start one of 99.0.0 or later`,
  );
  const error: unknown = await ask().catch((reason: unknown) => reason);
  await own.close();
  expect(error).toMatchObject({ code: 'SR426' });
  const told = ownerRefusal(error, 'users');
  expect(isDomainError(told) && told.code).toBe('unavailable');
});
