import { Logger } from '@nestjs/common';
import { holdsAll } from '#strangler/control/conditions/whole';
import { describeTables } from '#strangler/database/tables';
import { repairModule } from '#strangler/engine/verify/repair';
import { parcels } from '../../support/sides.js';
import { until } from '../../support/until.js';
import { Changing } from '../support/changing.js';

/*
 * A table that is named while keys are split: the side that does not own a key has its only row. The owner's table is empty, so a chunk of
 * it says that the row is too many, and the copy deletes it. Nothing is left of a write that was acknowledged, and verify finds no difference.
 */
let scene: Changing;

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
  scene = await Changing.open();
  await scene.free();
});
afterEach(async () => {
  await scene.close();
  jest.restoreAllMocks();
});

const codes = Array.from({ length: 20 }, (_, i) => `L-${i}`);
const values = codes.map((code) => `('${code}', 'of before')`).join();
const labels = () => Promise.all([scene.rows('monolith', 'label'), scene.rows('extracted', 'label')]);

/** Half has moved, and the monolith has rows of all keys in a table that a release then names. */
async function nameLabel(): Promise<void> {
  await scene.moveTo(5_000);
  await scene.everywhere('create table parcels.label (code text primary key, text text)');
  await scene.on('monolith', `insert into parcels.label values ${values}`);
  scene.named.tables.push('label');
}

const refused = () =>
  until('it is said which rows their owner has not', async () =>
    (await scene.problems()).includes('the table label on monolith has rows of keys that extracted owns')
      ? true
      : undefined,
  );

it('rows of keys that have moved stay where they lie until their owner has them', async () => {
  await nameLabel();
  await scene.tend();
  await scene.endRelays();
  await refused();
  expect(await scene.rows('monolith', 'label')).toHaveLength(codes.length);
  await scene.on(
    'extracted',
    `insert into parcels.label select code, 'of before' from unnest('{${codes.join()}}'::text[]) code
     where strangler.owns('parcels', code) on conflict do nothing`,
  );
  await scene.free();
  const [monolith, extracted] = await labels();
  expect(monolith).toHaveLength(codes.length);
  expect(extracted).toEqual(monolith);
});

it('the owner is filled first, in whatever order the two notice', async () => {
  await nameLabel();
  await scene.both.extracted.agent.tend();
  await scene.endRelays();
  await until('the owner sends its rows', async () =>
    (await scene.both.states()).extracted.outgoing.degradedSince === null ? undefined : true,
  );
  expect(await scene.rows('monolith', 'label')).toHaveLength(codes.length);
  await scene.tend();
  await scene.endRelays();
  await refused();
  expect(await scene.rows('monolith', 'label')).toHaveLength(codes.length);
  // An operator has looked at them, and lets the owner win: verify --repair.
  const tables = await describeTables(scene.both.monolith.database, { ...parcels, ...scene.named });
  const { found } = await repairModule({ controls: scene.both.controls, tables, patienceMs: 1 });
  await scene.free();
  const [monolith, extracted] = await labels();
  expect(monolith).toHaveLength(codes.length - found.found);
  expect(extracted).toEqual(monolith);
});

it('the monolith is gone for good while its rows are awaited: the service is not taken for whole, and awaits nothing once it has taken over', async () => {
  await nameLabel();
  await scene.both.extracted.agent.tend();
  const { controls } = scene.both;
  const { standpoint, tables } = await controls.extracted.state();
  expect(standpoint).toMatchObject({ complete: false });
  expect(tables).toContainEqual(expect.objectContaining({ table: 'label', gap: 'awaits' }));
  expect(holdsAll('extracted', standpoint)).toBe(false);
  expect(await controls.extracted.takeOver({ epoch: standpoint.epoch })).toBe(true);
  const after = await controls.extracted.state();
  expect(holdsAll('extracted', after.standpoint)).toBe(true);
  expect(after.tables!.map(({ gap }) => gap)).toEqual([null, null]);
  expect(
    await scene.on('extracted', `insert into parcels.label values ('of now', 'x') returning code`),
  ).toHaveLength(1);
});
