import { Logger } from '@nestjs/common';
import { carryOutRepair } from '#strangler/control/doctor/doctor-repair';
import { until } from '../../support/until.js';
import { Changing } from '../support/changing.js';

/*
 * With triggers off, a side takes rows of keys that the other one owns, too, and so it does where a load slips into a hand-off:
 *
 *     controller                          a person
 *     looks: all is well
 *                                         disable trigger; insert; enable trigger
 *     fences, drains; the other side owns
 *
 * Its owner has never had the row. When both copy anew, the owner's chunk says that it is too many.
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

const loaded = Array.from({ length: 10 }, (_, i) => `P-${i}`);
const load = () =>
  scene.on(
    'monolith',
    `begin; alter table parcels.parcel disable trigger strangler_insert;
     insert into parcels.parcel values ${loaded.map((code) => `('${code}', 7)`).join()};
     alter table parcels.parcel enable always trigger strangler_insert; commit`,
  );
const repair = async () => {
  const { monolith } = await scene.both.states();
  return carryOutRepair(
    { kind: 'capture anew', side: 'monolith', epoch: monolith.ownership.epoch },
    scene.both.controls,
  );
};
const insertAtTheirOwner = () =>
  scene.on(
    'extracted',
    `insert into parcels.parcel select code, 7 from unnest('{${loaded.join()}}'::text[]) code
     where strangler.owns('parcels', code) on conflict do nothing`,
  );

/** The repair keeps what the owner lacks, says so, and goes on once that has it. */
async function expectKept(): Promise<void> {
  expect(await repair()).toBe(true);
  await until('it is said which rows their owner has not', async () =>
    (await scene.problems()).includes('the table parcel on monolith has rows of keys that extracted owns')
      ? true
      : undefined,
  );
  await insertAtTheirOwner();
  await scene.free();
  expect(await scene.rows('monolith')).toHaveLength(loaded.length + 1);
  expect(await scene.rows('extracted')).toEqual(await scene.rows('monolith'));
}

it('a load when half has moved: no row of it is deleted by the repair', async () => {
  await scene.moveTo(5_000);
  await load();
  await expectKept();
});

it('a load behind the last look before a hand-off: it is not begun', async () => {
  scene.both.monolith.fault = async (method, proceed) => {
    if (method === 'fence') await load();
    return proceed();
  };
  const end = await scene.move(10_000);
  expect(end).toMatchObject({ outcome: 'aborted' });
  expect(end.reason).toContain('the table parcel on monolith was written without capture');
  scene.both.monolith.fault = undefined;
  expect(await repair()).toBe(true);
  await scene.moveTo(10_000);
  expect(await scene.rows('extracted')).toHaveLength(loaded.length + 1);
});

it('a load behind the fence: it is done, and the repair deletes no row of it', async () => {
  scene.both.extracted.fault = async (method, proceed) => {
    if (method === 'own') await load();
    return proceed();
  };
  expect(await scene.move(10_000)).toMatchObject({ outcome: 'done' });
  scene.both.extracted.fault = undefined;
  await expectKept();
});

it('columns that change while triggers were off: the copy that follows by itself deletes no row of the load', async () => {
  await scene.moveTo(5_000);
  await load();
  await scene.everywhere('alter table parcels.parcel add note text');
  await scene.both.extracted.agent.tend();
  await until('it is said which rows their owner has not', async () =>
    (await scene.problems()).includes('the table parcel on monolith has rows of keys that extracted owns')
      ? true
      : undefined,
  );
  expect(await scene.rows('monolith')).toHaveLength(loaded.length + 1);
});
