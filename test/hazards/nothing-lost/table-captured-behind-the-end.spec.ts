import { Logger } from '@nestjs/common';
import { captureTable } from '#strangler/engine/ownership/capture';
import { describeTables } from '#strangler/database/tables';
import { parcels } from '../../support/sides.js';
import { Changing } from '../support/changing.js';

/*
 *     a process that looks after capture          one that ends the move
 *     reads: the module is captured
 *     waits for a writer inside the new table
 *                                                 capture ends, its triggers go
 *     captures the table
 *
 * The table has triggers of a module that does not move: its outbox grows, and nobody sends it.
 */
let scene: Changing;

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  scene = await Changing.open();
});
afterEach(async () => {
  await scene.close();
  jest.restoreAllMocks();
});

it('a table is not captured behind the end of capture', async () => {
  await scene.on('monolith', 'create table parcels.label (code text primary key)');
  const { database, control } = scene.both.monolith;
  const { ownership } = await control.state();
  await control.stopCapture({ epoch: ownership.epoch });
  const tables = await describeTables(database, { ...parcels, tables: ['label'] });
  await expect(captureTable(database, tables[0]!)).rejects.toThrow('capture of parcels has ended');
  const left = await scene.on(
    'monolith',
    `select tgname::text as name from pg_trigger where tgrelid = 'parcels.label'::regclass
     union all select proname from pg_proc where proname ~ '^capture_'
     union all select table_name from strangler.backfill
     union all select table_name from strangler.captured_table`,
  );
  expect(left).toEqual([]);
});
