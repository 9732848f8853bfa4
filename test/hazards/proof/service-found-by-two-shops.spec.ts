import { pairFinished } from '#strangler/control/steps/capture-step';
import { buckets } from '#strangler/routes/bucket';
import { directSides, type Sides } from '../../support/sides.js';

/*
 * A module of two shops has moved for good before databases had ids. Both controllers find the service of the one, which is nobody's yet, and
 * make it known to their monolith. What would go wrong: the slower one is bound to a service that belongs to the other shop, and does
 * not take its own when that is there.
 */
let shops: Sides[];
beforeEach(async () => {
  shops = await Promise.all([directSides(), directSides()]);
  for (const { monolith, extracted } of shops)
    for (const { database } of [monolith, extracted])
      await database.query('update strangler.ownership set extracted_below = $1', [buckets]);
});
afterEach(() => Promise.all(shops.map((shop) => shop.close())));

const found = async ({ monolith, extracted }: Sides['controls']) => ({
  monolith: await monolith.state(),
  extracted: await extracted.state(),
});

it('the faster one has it; the slower one is bound to nobody, and takes its own', async () => {
  const [one, two] = shops.map(({ controls }) => controls) as [Sides['controls'], Sides['controls']];
  const wrong = { monolith: two.monolith, extracted: one.extracted };
  const [before, meanwhile] = [await found(one), await found(wrong)];
  await pairFinished(one, before);
  await expect(pairFinished(wrong, meanwhile)).rejects.toThrow('belongs to');
  expect((await two.monolith.state()).standpoint.peer).toBeNull();
  await pairFinished(two, await found(two));
  for (const shop of [one, two]) {
    const { monolith, extracted } = await found(shop);
    expect(monolith.standpoint.peer).toBe(extracted.standpoint.database);
    expect(extracted.standpoint.peer).toBe(monolith.standpoint.database);
  }
});
