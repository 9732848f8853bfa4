import { Logger } from '@nestjs/common';
import { Changing } from '../support/changing.js';

/*
 * A release names a table no more, and then it is dropped, while a move goes on: what is left to copy and to send of it would hold
 * hand-offs for ever, and what was written down of its triggers would hold them once more if it ever came back.
 */
let scene: Changing;
const ddl = 'create table parcels.label (code text primary key, text text)';

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  scene = await Changing.open({
    tables: { label: ddl },
    rows: `insert into parcels.parcel values ('first', 1); insert into parcels.label values ('first', 'x')`,
  });
  await scene.free();
});
afterEach(async () => {
  await scene.close();
  jest.restoreAllMocks();
});

/** Is being copied, because it has another column, when a release comes that names it no more; a process of before still writes it. */
async function nameItNoMore(): Promise<void> {
  scene.both.monolith.still = true;
  await scene.everywhere('alter table parcels.label add note text');
  await scene.tend();
  scene.named.tables.pop();
  await scene.on('monolith', `insert into parcels.label values ('last', 'x')`);
  await scene.endRelays();
  scene.both.monolith.still = false;
}

it('holds nothing once it is dropped at both sides, and is captured and copied like any other if it comes back', async () => {
  await nameItNoMore();
  expect(await scene.problems()).toContain('still copying its rows from before (label)');
  await scene.on('monolith', 'drop table parcels.label');
  await scene.tend();
  await scene.on('extracted', 'drop table parcels.label');
  await scene.tend();
  await scene.free();
  // A relay that has just begun to lead may end one before it begins.
  await scene.moveTo(10_000);
  await scene.moveTo(0);
  await scene.everywhere(ddl);
  await scene.on('monolith', `insert into parcels.label values ('again', 'y')`);
  scene.named.tables.push('label');
  await scene.tend();
  await scene.endRelays();
  await scene.free();
  expect(await scene.rows('extracted', 'label')).toEqual(await scene.rows('monolith', 'label'));
  expect(await scene.rows('extracted', 'label')).toHaveLength(1);
});

it('is captured no more where capture ends before it is dropped', async () => {
  scene.named.tables.pop();
  // A process of that release.
  await scene.both.controls.monolith.startCapture({ backfill: false });
  const { monolith } = await scene.both.states();
  await scene.both.controls.monolith.stopCapture({ epoch: monolith.ownership.epoch });
  await scene.on('monolith', `insert into parcels.label values ('second', 'x')`);
  expect(await scene.on('monolith', 'select from strangler.outbox')).toEqual([]);
});
