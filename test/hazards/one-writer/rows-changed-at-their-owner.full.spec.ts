import { Logger } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { sides, type Side } from '#strangler/routes/phase';
import type { OwnerMigration } from '#strangler/database/tables';
import { untilBlocked } from '../../support/blocked.js';
import { until } from '../../support/until.js';
import { Changing } from '../support/changing.js';

/*
 * A migration changes rows while half of the keys have moved. Run in each database it is refused for the other one's keys, and its process
 * cannot start. At the owner: a row may change its owner behind the place where the new one has looked already; the process may die in
 * the middle; a customer may hold a row; and the other side must not fall so far behind that the module is degraded.
 */
const grams: OwnerMigration = {
  name: 'grams of weight',
  table: 'parcel',
  set: 'grams = t.weight * 1000',
  where: 't.grams is null',
};
const count = 3_000;
let scene: Changing;

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  scene = await Changing.open({
    ddl: 'alter table parcels.parcel add grams bigint',
    rows: `insert into parcels.parcel select 'P-' || i, i from generate_series(1, ${count}) i`,
  });
  await scene.moveTo(5_000);
  // The release that brings it.
  scene.named.ownerMigrations.push(grams);
  await scene.everywhere(`
    create table parcels.seen (reason text, recovering boolean);
    create function parcels.see() returns trigger language plpgsql as $$ begin
      if new.degraded_since is not null then insert into parcels.seen values (new.reason, new.recovering); end if; return null; end $$;
    create trigger see after update on strangler.relay for each row execute function parcels.see()`);
});
afterEach(async () => {
  await scene.close();
  jest.restoreAllMocks();
});

const on = <T extends object>(side: Side, sql: string) => scene.on<T>(side, sql);
const turn = (side: Side) => scene.both[side].agent.migrateOwn();
/** Rows that each side has not, as it sees them. */
const left = async (side: Side): Promise<number> =>
  (
    await on<{ left: number }>(side, 'select count(*)::int as left from parcels.parcel where grams is null')
  )[0]!.left;
async function finish(): Promise<void> {
  await until('both sides are done', async () => {
    await Promise.all(sides.map(turn));
    const done = await Promise.all(
      sides.map((side) =>
        on(
          side,
          `select from strangler.owner_migration m join strangler.ownership o using (module) where m.done_at is not null and m.epoch = o.epoch`,
        ),
      ),
    );
    return done.every((rows) => rows.length === 1) ? true : undefined;
  });
  await scene.both.drained();
}
async function expectMigrated(): Promise<void> {
  for (const side of sides) {
    expect(await on(side, 'select from parcels.parcel where grams is distinct from weight * 1000')).toEqual(
      [],
    );
    expect(await on(side, 'select from parcels.parcel')).toHaveLength(count);
    expect(await on(side, 'select * from parcels.seen')).toEqual([]);
  }
}

it('in each database it is refused', async () => {
  await expect(on('monolith', 'update parcels.parcel set grams = weight * 1000')).rejects.toMatchObject({
    code: 'SR409',
  });
});

it('each side changes what it owns, and the other one gets it', async () => {
  await finish();
  await expectMigrated();
  const changed = await Promise.all(
    sides.map((side) =>
      on<{ changed: number }>(side, 'select changed::int as changed from strangler.owner_migration'),
    ),
  );
  const [mine, theirs] = changed.map((rows) => rows[0]!.changed) as [number, number];
  expect(mine + theirs).toBe(count);
  expect(Math.min(mine, theirs)).toBeGreaterThan(0);
});

it('rows that go over behind the place where the new owner has looked are found all the same', async () => {
  // One side is done; the other has not begun, and its rows go over.
  await until('the service has done its own', async () => {
    await turn('extracted');
    const rows = await on('extracted', 'select from strangler.owner_migration where done_at is not null');
    return rows.length > 0 ? true : undefined;
  });
  expect(await left('monolith')).toBeGreaterThan(0);
  await scene.moveTo(10_000);
  await finish();
  await expectMigrated();
});

it('a process that dies in the middle of a piece loses nothing, and another one goes on from there', async () => {
  const stop = await scene.both.monolith.database.session();
  await stop.query('select pg_advisory_lock(1)');
  await on(
    'monolith',
    `create function parcels.stop() returns trigger language plpgsql as $$ begin
       perform pg_advisory_xact_lock_shared(1); return null; end $$;
     create trigger zz_stop after update on parcels.parcel for each statement execute function parcels.stop()`,
  );
  const before = await left('monolith');
  const working = turn('monolith');
  await untilBlocked(scene.both.monolith.test, 1);
  await on(
    'monolith',
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`,
  );
  await expect(working).rejects.toMatchObject({ code: '57P01' });
  await stop.end();
  expect(await left('monolith')).toBe(before);
  await finish();
  await expectMigrated();
});

it('a row that a customer holds waits for nobody, and has its turn later', async () => {
  const customer = await scene.both.monolith.database.session();
  const [row] = await on<{ code: string }>(
    'monolith',
    `select code from parcels.parcel, strangler.ownership o where strangler.owned_by(o, strangler.bucket('parcels', code)) order by code limit 1`,
  );
  await customer.query('begin');
  await customer.query('select from parcels.parcel where code = $1 for update', [row!.code]);
  await until('all others are changed', async () => {
    await Promise.all(sides.map(turn));
    await scene.both.drained();
    return (await left('monolith')) === 1 ? true : undefined;
  });
  expect(await on('monolith', 'select from strangler.owner_migration where done_at is not null')).toEqual([]);
  await customer.query('commit');
  await customer.end();
  await finish();
  await expectMigrated();
});

const open = async (side: Side) => (await scene.both.controls[side].state()).ownerMigrations;

it('a piece reads a bounded number of rows, however few of them need it: a fence waits for it', async () => {
  await scene.everywhere(`
    create function parcels.counted() returns boolean language plpgsql as $$
    declare n integer := coalesce(nullif(current_setting('parcels.n', true), ''), '0')::integer + 1; begin
      perform set_config('parcels.n', n::text, true);
      if n > 2500 then raise 'a piece reads more than that'; end if;
      return true; end $$`);
  await on(
    'monolith',
    `insert into parcels.parcel select code, 1, 1 from generate_series(1, 12000) i, lateral (select 'Q-' || i as code) q, strangler.ownership o
     where strangler.owned_by(o, strangler.bucket('parcels', code))`,
  );
  await scene.both.drained();
  scene.named.ownerMigrations[0] = { ...grams, where: 'parcels.counted() and t.grams is null' };
  await finish();
  expect(await left('monolith')).toBe(0);
});

it('one that takes too long says so, and is not tried in silence', async () => {
  await scene.everywhere(`create function parcels.slow() returns boolean language plpgsql as $$ begin
    raise 'canceling statement due to statement timeout' using errcode = '57014'; end $$`);
  scene.named.ownerMigrations[0] = { ...grams, where: 'parcels.slow() and t.grams is null' };
  await expect(turn('monolith')).rejects.toMatchObject({ code: '57014' });
  expect(await open('monolith')).toMatchObject([
    { name: 'grams of weight', changed: 0, waitsFor: expect.stringContaining('statement timeout') },
  ]);
});

/** What the page says to ask, of one side. */
const saysDone = async (side: Side): Promise<boolean[]> => {
  const [, sql] = /```sql\n(select m\.name[^]*?)```/.exec(readFileSync('docs/schema-changes.md', 'utf8'))!;
  return (await on<{ done: boolean }>(side, sql!)).map(({ done }) => done);
};

it('it is not done where rows have come over since, be they looked at or not', async () => {
  const doneAt = 'select from strangler.owner_migration where done_at is not null';
  const isDone = (side: Side) =>
    until(`${side} has done its own`, async () => {
      await turn(side);
      return (await on(side, doneAt)).length === 1 ? true : undefined;
    });
  await isDone('monolith');
  await scene.moveTo(0);
  await isDone('extracted');
  expect(await left('monolith')).toBeGreaterThan(0);
  expect(await on('monolith', doneAt)).toHaveLength(1);
  expect([await saysDone('monolith'), await saysDone('extracted')]).toEqual([[false], [true]]);
  expect(await open('monolith')).toMatchObject([{ name: 'grams of weight' }]);
  expect(await open('extracted')).toEqual([]);
  await finish();
  await expectMigrated();
  expect(await saysDone('monolith')).toEqual([true]);
});

const degradedSince = async () => (await scene.both.controls.monolith.state()).outgoing.degradedSince;

it('while the other side is behind no further piece is made', async () => {
  scene.both.monolith.still = true;
  await on(
    'monolith',
    `update parcels.parcel p set weight = weight from strangler.ownership o where code in (select code from parcels.parcel, strangler.ownership o where strangler.owned_by(o, strangler.bucket('parcels', code)) limit 1)`,
  );
  await until('it is degraded', async () => ((await degradedSince()) === null ? undefined : true));
  const before = await left('monolith');
  await turn('monolith');
  expect(await left('monolith')).toBe(before);
  expect(await open('monolith')).toMatchObject([
    { changed: 0, waitsFor: expect.stringMatching(/^the other side/) },
  ]);
  scene.both.monolith.still = false;
  await until('it is well again', async () => ((await degradedSince()) === null ? true : undefined));
  await scene.everywhere('truncate parcels.seen');
  await finish();
  await expectMigrated();
});
