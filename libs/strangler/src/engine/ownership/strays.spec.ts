import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { box, openSide, type TestSide } from '../../../../../test/support/moving.js';
import { freshDatabase, queryOnce } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { takeTurn } from './owner-migrations.js';
import { forgetStrays, straysOf } from './strays.js';

/* Writes past the port are counted, with where they come from; no writer waits or fails for it. */

let here: TestSide;
let session: pg.Client;

beforeEach(async () => {
  here = await openSide('monolith');
  session = await here.database.session();
  await here.query(`insert into box.thing values ('old')`);
  await forgetStrays(here.database, 'box');
});
afterEach(async () => {
  await session.end();
  await here.drop();
});

const strays = () => straysOf(here.database, 'box');
const counts = async () => (await strays()).map(({ sql, count }) => `${count} ${sql}`).sort();

it('a statement is counted with its table, its text without values, and who sent it', async () => {
  await session.query(`set application_name = 'night job'`);
  await session.query(`update box.thing set note = 'ann@shop.example' where count = 0`);
  await session.query(`update box.thing set note = 'bob@shop.example' where count = 0`);
  expect(await strays()).toEqual([
    {
      table: 'thing',
      sql: 'update box.thing set note = ? where count = ?',
      role: expect.any(String),
      address: '127.0.0.1',
      application: 'night job',
      count: 2,
      firstMs: expect.any(Number),
      lastMs: expect.any(Number),
    },
  ]);
  expect(JSON.stringify(await here.query('select * from strangler.stray_origin'))).not.toContain(
    'shop.example',
  );
});

it('and again when it comes again; later ones come first', async () => {
  await session.query(`update box.thing set count = 1`);
  await strays();
  await session.query(`delete from box.thing`);
  await strays();
  await session.query(`update box.thing set count = 1 where false`);
  expect((await strays()).map(({ sql }) => sql)).toEqual([
    'delete from box.thing',
    'update box.thing set count = ?',
  ]);
});

describe('no stray is', () => {
  it('what a command of the module writes, in all of its transaction', async () => {
    await session.query('begin');
    await session.query(`select strangler.assert_owner('box', array['old'])`);
    await session.query(`update box.thing set count = 1; insert into box.part values ('old', 1)`);
    await session.query('commit');
    expect(await strays()).toEqual([]);
    // The next transaction of the same session is another one.
    await session.query(`delete from box.part`);
    expect(await counts()).toEqual(['1 delete from box.part']);
  });

  it('what apply writes', async () => {
    await here.query('update strangler.ownership set extracted_below = 10000');
    await session.query(
      `begin; set local strangler.applying = 'box'; update box.thing set count = 1; commit`,
    );
    expect(await strays()).toEqual([]);
  });

  it('a change of rows at their owner', async () => {
    const migration = { name: 'counted', table: 'thing', set: 'count = 7', where: 'count <> 7' };
    const module = { ...box, ownerMigrations: [migration] };
    // It waits while the other side is behind, and a turn has its time.
    await here.query('truncate strangler.outbox');
    await until('it is done', async () => {
      const { open } = await takeTurn(here.database, module, here.tables);
      return open === null ? true : undefined;
    });
    expect(await here.query('select count::int from box.thing')).toEqual([{ count: 7 }]);
    expect(await strays()).toEqual([]);
  });

  it('what was rolled back, refused, or changed nothing', async () => {
    await session.query(`begin; update box.thing set count = 1; rollback`);
    await session.query(`update box.thing set count = 1 where name = 'nobody'`);
    await here.query('update strangler.ownership set extracted_below = 10000');
    await expect(session.query(`update box.thing set count = 1`)).rejects.toThrow('strangler_not_owner');
    expect(await strays()).toEqual([]);
  });
});

it('a command of another module in whose transaction it is written makes it none', async () => {
  await here.query(
    `insert into strangler.ownership (module, side, extracted_below, home) values ('desk', 'monolith', 0, strangler.home())`,
  );
  await session.query(`begin; select strangler.assert_owner('desk', array['a'])`);
  await session.query('update box.thing set count = 1');
  await session.query('commit');
  expect(await counts()).toEqual(['1 update box.thing set count = ?']);
});

it('one that is open keeps no other waiting, and counts when it is seen', async () => {
  await session.query(`begin; update box.thing set count = 1`);
  await here.database.transaction((q) => q.query(`insert into box.thing values ('new')`), {
    lockTimeoutMs: 1,
    statementTimeoutMs: 5_000,
  });
  expect(await counts()).toEqual(['1 insert into box.thing values (?)']);
  await session.query('commit');
  expect(await counts()).toHaveLength(2);
  expect((await strays())[0]?.sql).toBe('begin; update box.thing set count = ?');
});

it('who looks at the same time as another counts nothing twice', async () => {
  for (let i = 0; i < 20; i++) await session.query('update box.thing set count = 1');
  await Promise.all([strays(), strays(), strays()]);
  expect(await counts()).toEqual(['20 update box.thing set count = ?']);
});

describe('a write does not fail for being noted', () => {
  it('by a role that may do nothing with what is counted', async () => {
    const role = `reports_${randomBytes(4).toString('hex')}`;
    const side = await openSide('monolith', { test: await freshDatabase({ asSuperuser: true }) });
    const writer = await side.database.session();
    await writer.query(`
      insert into box.thing values ('old');
      create role ${role};
      grant usage on schema box, strangler to ${role}; grant select, update on box.thing to ${role};
      grant select on strangler.ownership to ${role}; grant select, insert on strangler.outbox to ${role};
      set session authorization ${role}`);
    await writer.query('update box.thing set count = 1');
    await writer.query(`reset session authorization; drop owned by ${role}; drop role ${role}`);
    await writer.end();
    const found = await straysOf(side.database, 'box');
    await side.drop();
    // Of the writer, and not of the owner with whose rights it is noted.
    expect(found).toContainEqual(expect.objectContaining({ sql: 'update box.thing set count = ?', role }));
  });

  it('where it cannot be noted at all', async () => {
    await here.query('drop table strangler.stray');
    await session.query('begin');
    await session.query('update box.thing set count = 1');
    await session.query('commit');
    expect(await here.query('select count::int from box.thing')).toEqual([{ count: 1 }]);
  });
});

it('of a transaction with many ten are counted', async () => {
  await session.query('begin');
  for (let i = 0; i < 30; i++) await session.query('update box.thing set count = 1');
  await session.query('commit');
  await session.query('update box.thing set count = 1');
  expect(await counts()).toEqual(['11 update box.thing set count = ?']);
});

it('of many origins twenty are kept apart; the others are counted together', async () => {
  for (let i = 0; i < 30; i++) {
    await session.query(`set application_name = 'job ${i}'`);
    await session.query('update box.thing set count = 1');
    if (i === 10) await strays();
  }
  const found = await strays();
  expect(found).toHaveLength(21);
  expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(30);
  expect(found.find(({ sql }) => sql === '')).toMatchObject({
    table: '',
    role: '',
    application: '',
    count: 10,
  });
});

it.each([
  [`update t set a = 'x''y', b = 1.5e3 where c = E'it\\'s secret'`, `update t set a = ?, b = ? where c = ?`],
  [`insert into t values ($1, $2, $3), ($4, $5, $6)`, 'insert into t values (?, ...), ...'],
  [`insert into "it's" (a1) values ('secret')`, `insert into "it's" (a1) values (?)`],
  ['select $$secret$$', 'select ?'],
  ['do $x$ begin update t set a = 1; end $x$', 'do ?'],
  [`/* job 'x' */ delete from t -- 'secret\n where a = 7`, 'delete from t where a = ?'],
  [`delete from t /* a /* b */ secret */`, 'delete from t ?'],
  [`update t set a = 'never closed secret`, 'update t set a = ?'],
  [`update t set a = 'back\\slash', b = 'secret'`, 'update t set a = ?'],
  [
    `update t set a = U&'secret', b = x'1F' where c in (1, 2,3)`,
    'update t set a = ?, b = ? where c in (?, ...)',
  ],
  ['update t set a = b - 1 / 2', 'update t set a = b - ? / ?'],
  ['', null],
])('%s is kept as %s', async (sql, kept) => {
  expect(await queryOnce(here.test.url, 'select strangler.without_values($1) as sql', [sql])).toEqual([
    { sql: kept },
  ]);
});

it('a long text is cut, in a literal too', async () => {
  const sql = `update t set a = '${'secret '.repeat(1_000)}' where b = 'secret'`;
  const [row] = await queryOnce<{ sql: string }>(
    here.test.url,
    'select strangler.without_values($1) as sql',
    [sql],
  );
  expect(row?.sql).toBe('update t set a = ?');
});
