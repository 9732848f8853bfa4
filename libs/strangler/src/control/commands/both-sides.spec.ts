import type { Phase, Side } from '../../routes/phase.js';
import type { ControlNeeds } from '../reconcile/needs.js';
import { eventsOf } from './events.js';
import { sagasOf } from './sagas.js';

/* Of a list nobody sees what is missing in it: a side that gives no answer is named. */
const away = () => Promise.reject(new Error('nobody answers at shop.control.toy'));
const older = (method: string) => () =>
  Promise.reject(new Error(`toy on the side extracted: a side has no method ${method}`));

function needsOf(
  sides: Record<Side, { events?: () => Promise<unknown[]>; sagas?: () => Promise<unknown[]> }>,
) {
  return { needs: { sides: () => sides } as unknown as ControlNeeds };
}
const at = (phase: Phase) => ({ module: 'toy', phase });
const of = (...ids: string[]) => ({
  events: () => Promise.resolve(ids.map((id) => ({ id }))),
  sagas: () => Promise.resolve(ids.map((id) => ({ id }))),
});

it('both answer: nobody is missing', async () => {
  const parts = needsOf({ monolith: of('a'), extracted: of('b') });
  expect(await eventsOf(at('shifting'), parts, { limit: 5 })).toEqual({
    found: { monolith: [{ id: 'a' }], extracted: [{ id: 'b' }] },
    silent: [],
  });
  expect((await sagasOf(at('extracted'), parts, null)).items).toEqual([
    { id: 'a', side: 'monolith' },
    { id: 'b', side: 'extracted' },
  ]);
});

it.each(['monolith', 'extracted'] as const)('%s gives no answer: that is said, with why', async (side) => {
  const silent = [{ module: 'toy', side, why: 'nobody answers at shop.control.toy' }];
  const parts = needsOf({ monolith: of('a'), extracted: of('b'), [side]: { events: away, sagas: away } });
  const found = await eventsOf(at('shifting'), parts, { limit: 5 });
  expect([found.silent, found.found[side]]).toEqual([silent, []]);
  expect(await sagasOf(at('shifting'), parts, null)).toMatchObject({ items: [expect.anything()], silent });
});

it('one that has nothing by what it is, is not missing: of an older release, not there yet, gone for good', async () => {
  const aged = needsOf({ monolith: of(), extracted: { events: older('events'), sagas: older('sagas') } });
  expect((await eventsOf(at('extracted'), aged, { limit: 5 })).silent).toEqual([]);
  expect((await sagasOf(at('extracted'), aged, null)).silent).toEqual([]);
  const gone = { events: away, sagas: away };
  expect((await sagasOf(at('monolith'), needsOf({ monolith: of(), extracted: gone }), null)).silent).toEqual(
    [],
  );
  expect(
    (await sagasOf(at('decommissioned'), needsOf({ monolith: gone, extracted: of() }), null)).silent,
  ).toEqual([]);
});
