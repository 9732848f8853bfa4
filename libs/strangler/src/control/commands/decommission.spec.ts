import { plainAdvice } from '../conditions/advice.js';
import type { CommandContext } from './command.js';
import { decommission } from './decommission.js';

const contextOf = (phase: string, below: number, monolith: object | null) =>
  ({
    row: { module: 'toy', phase, filed: null, transition: null, paused: null },
    at: { below },
    observed: { states: { monolith, extracted: {} } },
    advice: plainAdvice,
  }) as unknown as CommandContext;

it.each([
  [
    'on its way',
    contextOf('shifting', 5_000, {}),
    /only an extracted module is decommissioned; first: strangler run toy$/,
  ],
  [
    'of which nobody knows who owns it',
    contextOf('extracted', 0, null),
    /^the monolith's own database does not answer$/,
  ],
  [
    'that is not wholly out',
    contextOf('extracted', 9_000, {}),
    /still owns some of toy.*see: strangler doctor toy$/,
  ],
])('a module %s is not decommissioned, and the refusal says what is in the way', (_what, here, words) => {
  expect(() => decommission.plan(here, { confirm: 'toy' }, undefined)).toThrow(words);
});

it('what is dropped is named, also of tables that stood in another schema', () => {
  const { plan } = decommission.plan(
    contextOf('decommissioned', 10_000, {}),
    { confirm: 'toy', purge: true },
    undefined,
  );
  expect(plan).toEqual(['the schema toy_retired is dropped, and so is each toy_retired.<schema>']);
});
