import { beginCapture } from '#strangler/control/steps/capture-step';
import { directSides, type Sides } from '../../support/sides.js';
import { until } from '../../support/until.js';

/*
 * `rejoin` between its two steps: the monolith, which was put back, has given up at a new epoch. Now the server of the other side starts
 * anew, says hello, and takes over that epoch, as every proof does. What would go wrong: its second step is refused, since that epoch is
 * not new to it, and nobody owns the module.
 */
let both: Sides;
beforeEach(async () => {
  both = await directSides();
  await both.monolith.database.query(`insert into parcels.parcel values ('a', 1)`);
  await beginCapture(both.controls);
  await until('the copy is whole', async () =>
    (await both.controls.extracted.state()).standpoint.complete ? true : undefined,
  );
});
afterEach(() => both.close());

it('the side that has everything owns at that epoch, and done again it changes nothing', async () => {
  const { monolith, extracted } = both.controls;
  await both.monolith.database.query(`update strangler.ownership set standing = 'rolled back'`);
  const epoch = (await monolith.state()).ownership.epoch + 1;
  expect(await monolith.giveUp({ epoch })).toBe(true);
  await both.extracted.database.query('update strangler.ownership set proven_start = null');
  expect(await extracted.prove()).toBe(true);
  expect((await extracted.state()).ownership).toMatchObject({ epoch, extractedBelow: 0 });

  expect(await extracted.takeWhole({ epoch })).toBe(true);
  const { ownership, standpoint } = await extracted.state();
  expect(ownership).toMatchObject({ epoch, extractedBelow: 10_000, fenceFrom: null });
  expect(await extracted.takeWhole({ epoch })).toBe(true);
  expect((await extracted.state()).standpoint.life).toBe(standpoint.life);
  expect(await monolith.prove()).toBe(true);
  expect((await monolith.state()).ownership).toMatchObject({ epoch, extractedBelow: 10_000 });
});
