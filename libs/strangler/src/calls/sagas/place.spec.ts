import { marked, placesOf, processOf, recordOf } from './place.js';

const names = ['take', 'pay'];

it('the first definition is named as 0.2.0 names it, the others as it does not', () => {
  expect([1, 2, 12].map((version) => processOf('place', version))).toEqual(['place', 'place@2', 'place@12']);
});

it('the name of a step stands in the state only on the way, and the steps do not see it', () => {
  const state = { sku: 'A' };
  expect(marked({ state }, 1, names)).toEqual({ sku: 'A', $step: { at: 1, name: 'pay' } });
  for (const step of [-1, 2]) expect(marked({ state }, step, names)).toEqual(state);
  for (const step of [-1, 0, 1, 2])
    expect(recordOf({ state: marked({ state }, step, names) })).toEqual({ state });
});

it('on whose behalf it runs stands in the state to its end, and the steps do not see it', () => {
  const saga = { state: { sku: 'A' }, actor: { id: 'u', role: 'user', version: 3 } };
  for (const step of [-1, 0, 1, 2]) expect(recordOf({ state: marked(saga, step, names) })).toEqual(saga);
});

it.each([
  [1, ['place -1', 'place 0 take', 'place 1 pay', 'place 0', 'place 1']],
  [2, ['place@2 -1', 'place@2 0 take', 'place@2 1 pay']],
])(
  'a saga of definition %p stands at one of its places; without a name only in the first',
  (version, places) => {
    expect(placesOf(processOf('place', version), version, names)).toEqual(places);
  },
);
