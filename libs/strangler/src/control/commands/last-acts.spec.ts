import type { Situation } from './acts.js';
import { plainAdvice } from '../advice.js';
import { decommission } from './last-acts.js';

const situation = (phase: string, below: number, monolith: object | null) =>
  ({
    row: { module: 'toy', phase, filed: null, transition: null, paused: null },
    at: { below },
    observed: { states: { monolith, extracted: {} } },
    advice: plainAdvice,
  }) as unknown as Situation;

it.each([
  [
    'on its way',
    situation('shifting', 5_000, {}),
    /only an extracted module is decommissioned; first: strangler run toy$/,
  ],
  [
    'of which nobody knows who owns it',
    situation('extracted', 0, null),
    /^the monolith's own database does not answer$/,
  ],
  [
    'that is not wholly out',
    situation('extracted', 9_000, {}),
    /still owns some of toy.*see: strangler doctor toy$/,
  ],
])('a module %s is not decommissioned, and the refusal says what is in the way', (_what, here, words) => {
  expect(() => decommission(here, 'toy', false)).toThrow(words);
});
