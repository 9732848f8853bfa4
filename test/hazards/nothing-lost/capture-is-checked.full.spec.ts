import { Logger } from '@nestjs/common';
import { carryOutRepair } from '#strangler/control/doctor/doctor-repair';
import { Changing } from '../support/changing.js';

/* More of capture-is-checked.spec.ts: each way to lose triggers, and columns that differ. */
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

const expectAlike = async () => expect(await scene.rows('extracted')).toEqual(await scene.rows('monolith'));
const load = `insert into parcels.parcel values ('loaded', 7)`;

it.each([
  ['switched off', `alter table parcels.parcel disable trigger all; ${load}`],
  [
    'switched on for one role of replication only',
    `alter table parcels.parcel disable trigger user; ${load}; alter table parcels.parcel enable trigger user`,
  ],
  ['dropped', `drop trigger strangler_insert on parcels.parcel; ${load}`],
  [
    'gone with a table that was swapped',
    `create table parcels.other (like parcels.parcel including all); insert into parcels.other select * from parcels.parcel;
     alter table parcels.parcel rename to parcel_before; alter table parcels.other rename to parcel; ${load}`,
  ],
])(
  'triggers are %s: no hand-off begins, also after restarts, before doctor has had it mended',
  async (_what, sql) => {
    await scene.on('monolith', sql);
    await scene.tend();
    await scene.tend();
    expect(await scene.problems()).toContain('the table parcel on monolith was written without capture');
    const { monolith } = await scene.both.states();
    const repair = { kind: 'capture anew', side: 'monolith', epoch: monolith.ownership.epoch } as const;
    expect(await carryOutRepair(repair, scene.both.controls)).toBe(true);
    await scene.free();
    await expectAlike();
    expect(await scene.rows('extracted')).toHaveLength(2);
  },
);

it('what a migration has put into rows without a trigger goes over, too', async () => {
  await scene.everywhere('alter table parcels.parcel add mark uuid not null default gen_random_uuid()');
  expect(await scene.rows('extracted')).not.toEqual(await scene.rows('monolith'));
  expect(await scene.problems()).toContain('has other columns since a moment ago');
  await scene.tend();
  await scene.free();
  await expectAlike();
});

it('what a conversion to the same type has made of rows goes over, too', async () => {
  await scene.everywhere('alter table parcels.parcel add note text');
  await scene.tend();
  await scene.on('monolith', `update parcels.parcel set note = 'LOUD'`);
  await scene.free();
  await scene.on('monolith', 'alter table parcels.parcel alter note type text using lower(note)');
  await scene.tend();
  await scene.free();
  await expectAlike();
  expect(await scene.rows('extracted')).toEqual([
    expect.objectContaining({ row: expect.stringContaining('loud') }),
  ]);
});

it('a column that only one side has: rows wait, nothing is lost or set aside, and it is said what to do', async () => {
  await scene.on('monolith', 'alter table parcels.parcel add note text');
  await scene.on('monolith', `insert into parcels.parcel values ('second', 2, 'waits')`);
  await scene.tend();
  expect(await scene.problems()).toContain(
    'the table parcel on extracted has no column note: run the migration there, too',
  );
  await scene.on('extracted', 'alter table parcels.parcel add note text');
  await scene.tend();
  await scene.free();
  await expectAlike();
  expect(await scene.rows('extracted')).toHaveLength(2);
});

it('a column takes more digits: a receiver that knows it from before rounds nothing', async () => {
  await scene.everywhere('alter table parcels.parcel add price numeric(10, 1)');
  await scene.tend();
  await scene.free();
  await scene.on('monolith', `insert into parcels.parcel values ('second', 2, 1.5)`);
  await scene.both.drained();
  await scene.everywhere('alter table parcels.parcel alter price type numeric(10, 4)');
  await scene.on('monolith', `update parcels.parcel set price = 1.2345 where code = 'second'`);
  await scene.both.drained();
  expect(await scene.on('extracted', `select price::text from parcels.parcel where code = 'second'`)).toEqual(
    [{ price: '1.2345' }],
  );
});
