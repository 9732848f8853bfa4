import { allConditions } from '../../src/control/conditions/conditions.js';
import { gateMeanings } from './gate-words.js';

it('says of every gate what it measures, as the reference does', () => {
  const measured = allConditions.flatMap(([name, { gate }]) =>
    gate ? [[name, gate.measures] as const] : [],
  );
  expect(gateMeanings).toEqual(Object.fromEntries(measured));
});
