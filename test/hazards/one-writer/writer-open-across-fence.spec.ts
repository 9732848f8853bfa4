import type pg from 'pg';
import { openSide, type TestSide } from '../../support/moving.js';
import { untilBlocked } from '../../support/blocked.js';
import { until } from '../../support/until.js';

/*
 * A writer looks at the owner, then the buckets are fenced, then it commits. Would the fence not wait for it, its row would be
 * written after the other side has begun to own: two writers (docs/guarantees.md, "One writer").
 */
let here: TestSide;
let writer: pg.Client;

beforeEach(async () => {
  here = await openSide('monolith');
  writer = await here.database.session();
  await here.query(`insert into box.thing values ('a'), ('b')`);
});
afterEach(async () => {
  await writer.end();
  await here.drop();
});

const fenceAll = async () => {
  const { epoch } = await here.ownership.read('box');
  return here.ownership.fence('box', epoch, { from: 0, to: 10_000 });
};
const fenced = () =>
  until('the fence stands', async () =>
    (await here.ownership.read('box')).fenceTo === null ? undefined : true,
  );
const settled = async (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setImmediate(() => resolve(false)))]);

it.each([
  [
    'a command',
    `select strangler.assert_owner('box', array['a']); update box.thing set note = 'mine' where name = 'a'`,
  ],
  ['raw SQL', `update box.thing set note = 'mine' where name = 'a'`],
])('the fence waits for %s that has written, and nobody else does', async (_what, work) => {
  await writer.query(`begin; ${work}`);
  const fencing = fenceAll();
  await fenced();
  // Others are refused at once instead of standing behind the long writer.
  await expect(here.query(`update box.thing set count = 2 where name = 'b'`)).rejects.toMatchObject({
    code: 'SR423',
  });
  expect(await settled(fencing)).toBe(false);
  await writer.query('commit');
  expect(await fencing).toBe(true);
  expect(await here.query(`select note from box.thing where name = 'a'`)).toEqual([{ note: 'mine' }]);
});

it('a command that has looked at the owner and writes behind the fence is taken back as a whole', async () => {
  await writer.query(
    `begin; select strangler.assert_owner('box', array['a']); update box.thing set count = 1 where name = 'a'`,
  );
  const fencing = fenceAll();
  await fenced();
  const late = writer.query(`update box.thing set note = 'mine' where name = 'a'`);
  await expect(late).rejects.toMatchObject({ code: 'SR423' });
  await writer.query('rollback');
  expect(await fencing).toBe(true);
  expect(await here.query(`select count::int, note from box.thing where name = 'a'`)).toEqual([
    { count: 0, note: null },
  ]);
});

it('other buckets are written while a fence waits', async () => {
  const [bucket] = await here.query<{ a: number }>(`select strangler.bucket('box', 'a') as a`);
  const a = bucket?.a as number;
  await writer.query(`begin; update box.thing set count = 1 where name = 'a'`);
  const fencing = here.ownership.fence('box', 1, { from: a, to: a + 1 });
  await fenced();
  await here.query(`update box.thing set count = 2 where name = 'b'`);
  expect(await settled(fencing)).toBe(false);
  await writer.query('commit');
  expect(await fencing).toBe(true);
});

it('a writer that comes while the fence waits for another is refused, so that the wait ends', async () => {
  await writer.query(`begin; select strangler.assert_owner('box', array['a'])`);
  const fencing = fenceAll();
  await fenced();
  await expect(here.query(`select strangler.assert_owner('box', array['a'])`)).rejects.toMatchObject({
    code: 'SR423',
  });
  await writer.query('rollback');
  expect(await fencing).toBe(true);
});

describe.each(['repeatable read', 'serializable'])('a writer under %s', (level) => {
  it('whose snapshot is older than the hand-off is refused, not let in by what it still sees', async () => {
    await writer.query(`begin isolation level ${level}; select count(*) from box.thing`);
    await fenceAll();
    const { epoch } = await here.ownership.read('box');
    await here.ownership.release('box', epoch, 10_000);
    await expect(writer.query(`update box.thing set count = 1 where name = 'a'`)).rejects.toMatchObject({
      code: '40001',
    });
    await writer.query('rollback');
    expect(await here.query('select sum(count)::int as sum from box.thing')).toEqual([{ sum: 0 }]);
  });

  it('that was there before is waited for', async () => {
    await writer.query(`begin isolation level ${level}; update box.thing set count = 1 where name = 'a'`);
    const fencing = fenceAll();
    await until('the fence waits for the row', async () => {
      const rows = await here.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'ownership'`,
      );
      return rows.length > 0 ? true : undefined;
    });
    await writer.query('commit');
    expect(await fencing).toBe(true);
    expect(await here.query(`select count::int from box.thing where name = 'a'`)).toEqual([{ count: 1 }]);
  });
});

it('a command that read before the fence and writes after it is refused by its own write', async () => {
  await writer.query(`begin; select count from box.thing where name = 'a'`);
  await fenceAll();
  await expect(writer.query(`update box.thing set count = 1 where name = 'a'`)).rejects.toMatchObject({
    code: 'SR423',
  });
});

describe('a writer whose rows are written by a deferred trigger, at its commit', () => {
  beforeEach(() =>
    here.query(`
      create table box.note (name text);
      create function box.late() returns trigger language plpgsql as $$ begin
        update box.thing set note = 'at commit' where name = new.name;
        return null;
      end $$;
      create constraint trigger late after insert on box.note deferrable initially deferred
        for each row execute function box.late()`),
  );
  const notes = () => here.query(`select note from box.thing where name = 'a'`);

  it('is taken back at its commit when the fence came before', async () => {
    await writer.query(`begin; insert into box.note values ('a')`);
    expect(await fenceAll()).toBe(true);
    await expect(writer.query('commit')).rejects.toMatchObject({ code: 'SR423' });
    expect(await notes()).toEqual([{ note: null }]);
    expect(await here.query('select from box.note')).toEqual([]);
  });

  it('is waited for when it is inside its commit as the fence comes, and what it writes is captured', async () => {
    const other = await here.database.session();
    try {
      await other.query(`begin; select pg_advisory_xact_lock(1)`);
      // Behind those of the toolkit: it has been let in, and stands still before its commit is through.
      await here.query(`
        create function box.stop() returns trigger language plpgsql as $$ begin
          perform pg_advisory_xact_lock(1);
          return null;
        end $$;
        create trigger zz_stop after update on box.thing for each statement execute function box.stop()`);
      await writer.query(`begin; insert into box.note values ('a')`);
      const committed = writer.query('commit');
      await untilBlocked(here.test, 1);
      const fencing = fenceAll();
      await fenced();
      expect(await settled(fencing)).toBe(false);
      await other.query('commit');
      await committed;
      expect(await fencing).toBe(true);
    } finally {
      await other.end();
    }
    expect(await notes()).toEqual([{ note: 'at commit' }]);
    expect(await here.query(`select keys from strangler.outbox order by id desc limit 1`)).toEqual([
      { keys: ['a'] },
    ]);
  });
});

it('a fence from an epoch that is over is refused and changes nothing', async () => {
  expect(await fenceAll()).toBe(true);
  expect(await here.ownership.fence('box', 1, { from: 0, to: 5 })).toBe(false);
  expect(await here.ownership.read('box')).toMatchObject({ epoch: 2, fenceFrom: 0, fenceTo: 10_000 });
});
