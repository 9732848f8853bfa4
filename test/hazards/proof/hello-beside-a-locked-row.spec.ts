import { Logger } from '@nestjs/common';
import { beginCapture } from '#strangler/control/steps/capture-step';
import { ContinuityStore } from '#strangler/engine/continuity/store';
import { directSides, type Sides } from '../../support/sides.js';
import { until } from '../../support/until.js';

/*
 * The other side has started anew and says hello. Here somebody holds the ownership row, and does not end.
 * What would go wrong: each hello waits behind that, and takes a connection of the pool for good, though who asked has long given up.
 */
let both: Sides;
beforeEach(async () => {
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  both = await directSides();
  await beginCapture(both.controls);
});
afterEach(async () => {
  await both.close();
  jest.restoreAllMocks();
});

it('it ends without an answer, and the next one is taken', async () => {
  const { database } = both.extracted;
  const store = new ContinuityStore(database, 'parcels');
  const { database: from, home, start } = (await both.controls.monolith.state()).standpoint;
  const hello = async () =>
    ({ kind: 'hello', from, home, knownAs: null, number: await store.helloNumber(), start }) as never;
  const holder = await database.session();
  await holder.query("begin; select from strangler.ownership where module = 'parcels' for update");
  await expect(store.greet(await hello())).rejects.toMatchObject({ code: '55P03' });
  await holder.query('rollback');
  await holder.end();
  // Hellos of the relays have waited there, too, and each uses a number.
  const told = await until('one is taken', async () => (await store.greet(await hello())) ?? undefined);
  expect(told).toMatchObject({ side: 'extracted' });
});
