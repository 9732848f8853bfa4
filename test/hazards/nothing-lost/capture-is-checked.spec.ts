import { Logger } from '@nestjs/common';
import { carryOutRepair } from '#strangler/control/doctor/doctor-repair';
import { until } from '../../support/until.js';
import { Changing } from '../support/changing.js';

/*
 * Capture that is believed: a release names one more table, a column is added while processes run, triggers are switched off for a
 * bulk load. The outbox is empty, no row is parked, the hand-off is done, and an acknowledged write is not on the other side.
 */
let scene: Changing;

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  scene = await Changing.open({ rows: `insert into parcels.parcel values ('first', 1)` });
  await scene.free();
});
afterEach(async () => {
  await scene.close();
  jest.restoreAllMocks();
});

it('triggers were switched off for a bulk load, and are on again: no hand-off begins before doctor has had it mended', async () => {
  await scene.on(
    'monolith',
    `begin; alter table parcels.parcel disable trigger strangler_insert; insert into parcels.parcel values ('loaded', 7);
     alter table parcels.parcel enable always trigger strangler_insert; commit`,
  );
  await scene.tend();
  expect(await scene.problems()).toContain('the table parcel on monolith was written without capture');
  const { monolith } = await scene.both.states();
  const repair = { kind: 'capture anew', side: 'monolith', epoch: monolith.ownership.epoch } as const;
  expect(await carryOutRepair({ ...repair, epoch: repair.epoch + 1 }, scene.both.controls)).toBe(false);
  expect(await carryOutRepair(repair, scene.both.controls)).toBe(true);
  await scene.free();
  expect(await scene.move(10_000)).toMatchObject({ outcome: 'done' });
  expect(await scene.rows('extracted')).toEqual(await scene.rows('monolith'));
  expect(await scene.rows('extracted')).toHaveLength(2);
});

it('a release names one more table: it is captured, and its rows of before are copied', async () => {
  await scene.everywhere('create table parcels.label (code text primary key, text text)');
  await scene.on('monolith', `insert into parcels.label values ('first', 'of before')`);
  scene.named.tables.push('label');
  expect(await scene.problems()).toContain('the table label on monolith is not captured yet');
  await scene.tend();
  await scene.on('monolith', `insert into parcels.label values ('second', 'of after')`);
  // A process of the release before still sends, and does not know the table.
  await until('it has set the rows aside', async () =>
    (await scene.problems()).includes('monolith has set 1 changes aside') ? true : undefined,
  );
  expect((await scene.both.states()).monolith.outgoing).toMatchObject({ parked: 1, unnamed: 1 });
  await scene.endRelays();
  await scene.free();
  expect((await scene.both.states()).monolith.outgoing).toMatchObject({ parked: 0, unnamed: 0 });
  expect(await scene.rows('extracted', 'label')).toEqual(await scene.rows('monolith', 'label'));
  expect(await scene.rows('extracted', 'label')).toHaveLength(2);
});

it('a column is added while processes run: its values go over, before and after a hand-off', async () => {
  await scene.everywhere('alter table parcels.parcel add note text');
  await scene.on('monolith', `update parcels.parcel set note = 'kept' where code = 'first'`);
  await scene.tend();
  await scene.free();
  expect(await scene.rows('extracted')).toEqual(await scene.rows('monolith'));
  expect(await scene.move(10_000)).toMatchObject({ outcome: 'done' });
  await scene.on(
    'extracted',
    `update parcels.parcel set weight = 2, note = note || ' on' where code = 'first'`,
  );
  await scene.both.drained();
  expect(await scene.on('monolith', 'select * from parcels.parcel')).toEqual([
    { code: 'first', weight: 2, note: 'kept on' },
  ]);
});

it('a gap that was seen is known in whatever is made of that database, until it is mended', async () => {
  await scene.on('monolith', 'alter table parcels.parcel disable trigger strangler_insert');
  await scene.tend();
  await scene.on('monolith', 'alter table parcels.parcel enable always trigger strangler_insert');
  // As in a database that a dump was restored into: the triggers are others, and what stood there is of another place.
  await scene.on('monolith', `update strangler.captured_table set place = 'elsewhere'`);
  await scene.tend();
  expect(await scene.problems()).toContain('the table parcel on monolith was written without capture');
  const { monolith } = await scene.both.states();
  await carryOutRepair(
    { kind: 'capture anew', side: 'monolith', epoch: monolith.ownership.epoch },
    scene.both.controls,
  );
  await scene.free();
});
