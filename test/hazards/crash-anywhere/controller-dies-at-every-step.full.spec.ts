import { Controlled, dyingOnceEverywhere } from '../../support/controlled.js';

/*
 * The controller dies before and after everything that it writes down and everything that it does, on the way out and on the
 * way back. Whoever comes next goes on from the journal: at the end one side owns everything, nothing is fenced, nothing is
 * captured any more, and both sides have had the same rows.
 */
let controlled: Controlled;
afterEach(() => controlled.close());

const put = (side: 'monolith' | 'extracted', code: string) =>
  controlled.sides[side].test.query('insert into parcels.parcel values ($1, 1)', [code]);

async function expectSound(below: number, capture: boolean): Promise<void> {
  const { monolith, extracted } = controlled.sides.controls;
  for (const { ownership } of [await monolith.state(), await extracted.state()]) {
    expect(ownership).toMatchObject({ extractedBelow: below, fenceFrom: null, capture });
  }
}

it.each(['by-key', 'whole'] as const)('%s: out and back, dying everywhere', async (ownership) => {
  controlled = await Controlled.open(ownership);
  await put('monolith', 'first');
  const boundary = dyingOnceEverywhere(controlled);

  await controlled.want('extracted');
  expect(await controlled.walkTo('extracted', boundary)).toBeGreaterThan(20);
  await expectSound(10_000, true);
  expect(await controlled.differences()).toEqual([]);

  await put('extracted', 'second');
  await controlled.want('monolith');
  expect(await controlled.walkTo('monolith', boundary)).toBeGreaterThan(8);
  await expectSound(0, false);
  expect(await controlled.differences()).toEqual([]);
  await put('monolith', 'third');
});

it('decommissioned, dying everywhere: the tables are aside once', async () => {
  controlled = await Controlled.open();
  await put('monolith', 'first');
  await controlled.want('extracted');
  await controlled.walkTo('extracted');
  await controlled.want('decommissioned');
  expect(await controlled.walkTo('decommissioned', dyingOnceEverywhere(controlled))).toBeGreaterThan(4);
  const kept = await controlled.sides.monolith.test.query('select code from parcels_retired.parcel');
  expect(kept).toEqual([{ code: 'first' }]);
  await put('extracted', 'second');
});
