import { Logger } from '@nestjs/common';
import pg from 'pg';
import { carryOutRepair } from '#strangler/control/doctor/doctor-repair';
import { until } from '../../support/until.js';
import { Changing } from '../support/changing.js';

/*
 *     doctor --repair                                  a person
 *                                                      writes `parcel` and `label` without triggers
 *     captures `parcel` anew: it is well from now on
 *     waits for `label`, and ends
 *                                                      moves on
 *
 * The gap is not seen any more, and nothing was copied: a hand-off leaves the write behind.
 */
let scene: Changing;

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  scene = await Changing.open({
    tables: { label: 'create table parcels.label (code text primary key, text text)' },
  });
  await scene.free();
});
afterEach(async () => {
  await scene.close();
  jest.restoreAllMocks();
});

const unseen = (rows: string) =>
  scene.on(
    'monolith',
    `begin; alter table parcels.parcel disable trigger strangler_insert; ${rows};
     alter table parcels.parcel enable always trigger strangler_insert; commit`,
  );
const repair = async () => {
  const { monolith } = await scene.both.states();
  return carryOutRepair(
    { kind: 'capture anew', side: 'monolith', epoch: monolith.ownership.epoch },
    scene.both.controls,
  );
};
const expectAlike = async (rows: number) => {
  expect(await scene.rows('extracted')).toEqual(await scene.rows('monolith'));
  expect(await scene.rows('extracted')).toHaveLength(rows);
};

it('what is captured anew is copied, though the repair ends behind its first table', async () => {
  await unseen(`insert into parcels.parcel values ('loaded', 7)`);
  const writer = new pg.Client({ connectionString: scene.both.monolith.test.url });
  await writer.connect();
  await writer.query('begin; lock table parcels.label in row exclusive mode');
  const broken = expect(repair()).rejects.toThrow();
  await until('it waits for the writer inside', async () => {
    const ended = await scene.on(
      'monolith',
      `select pg_terminate_backend(pid) from pg_locks where relation = 'parcels.label'::regclass and not granted
         and database = (select oid from pg_database where datname = current_database())`,
    );
    return ended.length > 0 ? true : undefined;
  });
  await broken;
  await writer.query('commit');
  await writer.end();
  await scene.moveTo(10_000);
  await expectAlike(1);
});

it('a table that was swapped gets what the other side owns, though that one was not told', async () => {
  await scene.on('monolith', `insert into parcels.parcel select 'P-' || i, i from generate_series(1, 40) i`);
  await scene.moveTo(5_000);
  await scene.on(
    'monolith',
    `create table parcels.other (like parcels.parcel including all);
     insert into parcels.other select * from parcels.parcel where strangler.owns('parcels', code);
     alter table parcels.parcel rename to parcel_before; alter table parcels.other rename to parcel`,
  );
  scene.both.extracted.fault = (method, proceed) =>
    method === 'startCapture' ? Promise.reject(new Error('nobody answers')) : proceed();
  await expect(repair()).rejects.toThrow('nobody answers');
  expect(await scene.problems()).toContain('the table parcel on monolith');
  scene.both.extracted.fault = undefined;
  expect(await repair()).toBe(true);
  await scene.moveTo(0);
  await expectAlike(40);
});
