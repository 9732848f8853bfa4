import type pg from 'pg';
import { box, openSide, type TestSide } from '../../../../../test/support/moving.js';
import { writtenRows } from '../../calls/idempotency.js';
import { changesIn } from '../replication/changes.js';
import { describeTables, type MovingModule, type MovingTable } from '../../database/tables.js';
import { renewCapture, startCapture, stopCapture } from './capture.js';

/* The net under everything: what is written in any way is recorded once, or refused. */
let here: TestSide;
let session: pg.Client;

beforeEach(async () => {
  here = await openSide('monolith');
  session = await here.database.session();
});
afterEach(async () => {
  await session.end();
  await here.drop();
});

const recorded = async () => {
  const rows = await here.query<{ row: string }>(
    `select table_name || ' ' || array_to_string(pk, '/') || ' ' || key as row from strangler.outbox_changes order by id`,
  );
  return rows.map(({ row }) => row).sort();
};
const give = (side: 'monolith' | 'extracted') =>
  here.query(`update strangler.ownership set extracted_below = $1`, [side === 'extracted' ? 10_000 : 0]);

describe('a change is recorded once, with its key', () => {
  it.each([
    ['insert', `insert into box.thing values ('a'), ('b')`, ['thing a a', 'thing b b']],
    [
      'insert … on conflict do update',
      `insert into box.thing values ('old'), ('a') on conflict (name) do update set count = 1`,
      ['thing a a', 'thing old old'],
    ],
    ['insert … on conflict do nothing', `insert into box.thing values ('old') on conflict do nothing`, []],
    ['bulk update', `update box.thing set count = count + 1`, ['thing old old', 'thing other other']],
    ['update of nothing', `update box.thing set count = 1 where false`, []],
    [
      'delete that cascades',
      `delete from box.thing where name = 'old'`,
      ['part old/1 old', 'part old/2 old', 'thing old old'],
    ],
    [
      'merge',
      `merge into box.thing t using (values ('old'), ('new')) v (name) on v.name = t.name
       when matched then update set count = 5 when not matched then insert values (v.name)`,
      ['thing new new', 'thing old old'],
    ],
    [
      'a data-modifying query',
      `with gone as (delete from box.part returning *) update box.thing set count = (select count(*) from gone) where name = 'old'`,
      ['part old/1 old', 'part old/2 old', 'thing old old'],
    ],
  ])('%s', async (_what, sql, rows) => {
    await here.query(`insert into box.thing values ('old'), ('other')`);
    await here.query(`insert into box.part values ('old', 1), ('old', 2)`);
    await here.query('truncate strangler.outbox');
    await here.query(sql);
    expect(await recorded()).toEqual(rows);
  });

  it('also in replica role, in which ordinary triggers sleep', async () => {
    await session.query(`set session_replication_role = replica`);
    await session.query(`insert into box.thing values ('a')`);
    expect(await recorded()).toEqual(['thing a a']);
  });

  it('what a savepoint takes back is not recorded; what stays is', async () => {
    await session.query(
      `begin; insert into box.thing values ('a'); savepoint s; insert into box.thing values ('b')`,
    );
    await session.query(`rollback to s; insert into box.thing values ('c'); commit`);
    expect(await recorded()).toEqual(['thing a a', 'thing c c']);
  });

  it('keys of any text are recorded as they are', async () => {
    const names = ['', ' ', `it's`, '\\x00', 'a\\b', '{"a",b}', 'é漢😀', 'A:B'];
    for (const name of names) await here.query('insert into box.thing values ($1)', [name]);
    const rows = await here.query<{ key: string; name: string }>(
      'select key, pk[1] as name from strangler.outbox_changes order by id',
    );
    expect(rows).toEqual(names.map((name) => ({ key: name, name })));
  });

  it('the transaction knows the ids of its rows, and no other one does', async () => {
    const ids = `select current_setting('strangler.outbox', true) as ids`;
    await session.query(
      `begin; insert into box.thing values ('a'), ('b'); update box.thing set count = 1 where name = 'a'`,
    );
    const { rows } = await session.query<{ ids: string }>(ids);
    await session.query('commit');
    const known = await here.query<{ id: number }>(
      'select id::int from strangler.outbox_changes order by id',
    );
    expect(changesIn(rows[0]?.ids)).toEqual(known.map(({ id }) => id));
    expect((await session.query<{ ids: string }>(ids)).rows[0]?.ids).toBe('');
  });

  it('a process that spans modules knows them by module', async () => {
    const captured = async () => {
      const sql = `select strangler.captured_rows(array['shelf', 'none', 'box']) as written, strangler.start_text(strangler.server_start()) as start`;
      const [row] = (await session.query<{ written: (string | null)[]; start: string }>(sql)).rows;
      expect(row!.written.every((text) => text === null || text.endsWith(` ${row!.start}`))).toBe(true);
      return row!.written.map((text) => text && writtenRows(text).ids);
    };
    await session.query(`begin; insert into box.thing values ('a'), ('b')`);
    const many = `array(select '{1}' from generate_series(1, 1001))`;
    await session.query(`select strangler.record_changes('shelf', 'book', ${many}, ${many}, 0, 0)`);
    await session.query(`update box.thing set count = 1`);
    const found = await captured();
    await session.query('commit');
    const idsOf = async (module: string) =>
      (
        await here.query<{ id: number }>(
          'select id::int from strangler.outbox_changes where module = $1 order by id',
          [module],
        )
      ).map(({ id }) => id);
    expect(found).toEqual([await idsOf('shelf'), null, await idsOf('box')]);
    expect(found.map((ids) => ids?.length)).toEqual([1_001, undefined, 4]);
    expect(await captured()).toEqual([null, null, null]);
  });
});

// Who compares every changed row with every other one is not done within the test's time.
it('a session that has changed single rows changes many', async () => {
  await here.query(`insert into box.thing select 'thing ' || n from generate_series(1, 60000) n`);
  for (let n = 1; n <= 10; n++) {
    await session.query('update box.thing set count = 1 where name = $1', [`thing ${n}`]);
  }
  await here.query('truncate strangler.outbox');
  await session.query('update box.thing set count = 2');
  const [row] = await here.query<{ count: number }>('select count(*)::int from strangler.outbox_changes');
  expect(row?.count).toBe(60_000);
});

describe('what cannot be carried over is refused', () => {
  it.each([
    ['a changed primary key', `update box.part set number = 7`, 'SR403'],
    ['truncate', 'truncate box.thing cascade', 'SR403'],
  ])('%s', async (_what, sql, code) => {
    await here.query(`insert into box.thing values ('old'), ('other')`);
    await here.query(`insert into box.part values ('other', 1)`);
    await expect(here.query(sql)).rejects.toMatchObject({ code });
  });
});

describe('where the routing key is not of the primary key', () => {
  beforeEach(async () => {
    await here.query('create table box.label (id int primary key, name text, count int)');
    await startCapture(here.database, await describeTables(here.database, { ...box, tables: ['label'] }));
    await here.query(`insert into box.label values (1, 'a', 0)`);
  });

  it.each([
    ['a changed routing key', `update box.label set name = 'b'`],
    ['one that goes', `update box.label set name = null`],
    ['a row without one', `insert into box.label values (2, 'c', 0), (3, null, 0)`],
  ])('%s is refused', async (_what, sql) => {
    await expect(here.query(sql)).rejects.toMatchObject({ code: 'SR403' });
    expect(await recorded()).toEqual(['label 1 a']);
  });

  it('one that is set to what it is stays', async () => {
    await here.query('update box.label set name = name, count = 1');
    expect(await recorded()).toEqual(['label 1 a', 'label 1 a']);
  });
});

it('a write of a side that has not proven itself is refused, from psql too', async () => {
  await here.query(`update strangler.ownership set asks = true, proven_start = null`);
  await expect(here.query(`insert into box.thing values ('a')`)).rejects.toMatchObject({ code: 'SR425' });
});

describe('on the side that is not the owner', () => {
  beforeEach(() => give('extracted'));

  it.each([
    ['an insert', `insert into box.thing values ('a')`],
    ['an update', `update box.thing set count = 1`],
    ['a delete', `delete from box.thing`],
    ['an upsert', `insert into box.thing values ('old') on conflict (name) do update set count = 1`],
  ])('%s is refused, from psql too', async (_what, sql) => {
    await give('monolith');
    await here.query(`insert into box.thing values ('old')`);
    await give('extracted');
    await expect(here.query(sql)).rejects.toMatchObject({ code: 'SR409' });
    expect(await here.query('select name, count::int from box.thing')).toEqual([{ name: 'old', count: 0 }]);
  });

  it('a command that finds nothing to change is refused all the same', async () => {
    const command = `select strangler.assert_owner('box', array['nothing'])`;
    await expect(here.query(command)).rejects.toMatchObject({ code: 'SR409' });
  });

  it('rows of the other side are taken and not recorded; for keys owned here they are refused', async () => {
    const apply = `begin; set local strangler.applying = 'box'; insert into box.thing values ('a'); commit`;
    await session.query(apply);
    expect(await recorded()).toEqual([]);
    await give('monolith');
    await session.query(`begin; set local strangler.applying = 'box'`);
    await expect(session.query(`delete from box.thing`)).rejects.toMatchObject({ code: 'SR410' });
    await session.query('rollback');
  });

  it('a module without an ownership row writes nothing', async () => {
    await here.query('delete from strangler.ownership');
    await expect(here.query(`insert into box.thing values ('a')`)).rejects.toMatchObject({ code: 'SR404' });
  });
});

it('installed twice it records once; removed it leaves nothing behind', async () => {
  await startCapture(here.database, here.tables);
  await here.query(`insert into box.thing values ('a')`);
  expect(await recorded()).toEqual(['thing a a']);
  await stopCapture(here.database, here.tables);
  await stopCapture(here.database, here.tables);
  await here.query(`insert into box.thing values ('b')`);
  expect(await recorded()).toEqual(['thing a a']);
  const left = await here.query(
    `select tgname as name from pg_trigger where tgrelid in ('box.thing'::regclass, 'box.part'::regclass) and not tgisinternal
     union all select proname from pg_proc where proname ~ '^capture_'`,
  );
  expect(left).toEqual([]);
});

it('of tables whose long names begin alike each has its own functions, and leaves none behind', async () => {
  const names = ['first', 'other'].map((end) => `${'thing'.repeat(10)}_${end}`);
  for (const name of names) await here.query(`create table box.${name} (name text primary key)`);
  const tables = await describeTables(here.database, { ...box, tables: names });
  await startCapture(here.database, tables);
  for (const name of names) await here.query(`insert into box.${name} values ('a')`);
  await here.query(`delete from box.${names[0]}`);
  expect(await recorded()).toEqual([`${names[0]} a a`, `${names[0]} a a`, `${names[1]} a a`]);
  await stopCapture(here.database, tables);
  const functions = await here.query(
    `select from pg_proc where proname ~ '^capture_' and proname !~ '_box_'`,
  );
  expect(functions).toEqual([]);
});

describe('of two modules whose names and tables read alike, `box` with `a_b` and `box_a` with `b`', () => {
  const boxA: MovingModule = { ...box, module: 'box_a', tables: ['b'] };
  let tables: { box: MovingTable[]; boxA: MovingTable[] };
  const modulesOf = () =>
    here.query(`select module || ' ' || table_name as row from strangler.outbox order by row`);

  beforeEach(async () => {
    await here.query(`create table box.a_b (name text primary key)`);
    await here.query(`create schema box_a create table b (name text primary key)`);
    await here.ownership.ensure('box_a', 'monolith');
    tables = {
      box: await describeTables(here.database, { ...box, tables: ['a_b'] }),
      boxA: await describeTables(here.database, boxA),
    };
  });

  it('each write is recorded for its own', async () => {
    await startCapture(here.database, tables.box);
    await startCapture(here.database, tables.boxA);
    await here.query(`insert into box.a_b values ('a')`);
    await here.query(`insert into box_a.b values ('a')`);
    expect(await modulesOf()).toEqual([{ row: 'box a_b' }, { row: 'box_a b' }]);
    await stopCapture(here.database, tables.boxA);
    await here.query(`insert into box.a_b values ('b')`);
    expect(await modulesOf()).toHaveLength(3);
  });

  it('captured by a release that gave both the same functions, they have their own once a process has started, and leave none behind', async () => {
    await startCapture(here.database, tables.boxA);
    for (const event of ['insert', 'update', 'delete']) {
      const [named] = await here.query<{ name: string }>(
        `select tgfoid::regproc::text as name from pg_trigger where tgrelid = 'box_a.b'::regclass and tgname = $1`,
        [`strangler_${event}`],
      );
      await here.query(`alter function ${named?.name}() rename to capture_box_a_b_${event}`);
    }
    const stands = async () => {
      const sql = `select strangler.stands_captured('box_a', 'b', 'box_a.b') as stands`;
      return (await here.query<{ stands: boolean }>(sql))[0]?.stands;
    };
    await renewCapture(here.database, tables.boxA);
    await startCapture(here.database, tables.box);
    await here.query(`insert into box_a.b values ('a')`);
    expect(await modulesOf()).toEqual([{ row: 'box_a b' }]);
    expect(await stands()).toBe(true);
    await stopCapture(here.database, tables.box);
    await stopCapture(here.database, tables.boxA);
    const left = await here.query(
      `select proname from pg_proc where proname ~ '^capture_' and proname !~ '_box_(thing|part)_'`,
    );
    expect(left).toEqual([]);
  });
});
