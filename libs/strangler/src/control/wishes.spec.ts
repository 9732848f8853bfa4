import { phases, policies } from '../phase.js';
import { parseWishes, WishesError } from './wishes.js';

const modules = ['customers', 'baskets', 'till', 'shelf'];
const parse = (text: string) => parseWishes(text, modules);
const allMonolith = { customers: 'monolith', baskets: 'monolith', till: 'monolith', shelf: 'monolith' };

/* Every setting that API.md names. */
const full = `
modules:
  customers: { phase: monolith }
  baskets:   { phase: monolith }
  till:      { phase: monolith }
  shelf:
    phase: extracted        # the wanted phase
    percent: 100            # the wanted share while shifting
    ack: both               # both | owner
    ramp: [1, 5, 25, 50, 100]
    bake: 30s
    gates: { lagMs: 1000, mismatchRate: 0, errorRate: 0.01, p99Ratio: 3, minSamples: 200 }
    cohorts: [{ header: x-user-group, equals: beta }]
`;

it('a file with every setting is understood', () => {
  expect(parse(full)).toEqual({ ...allMonolith, shelf: 'extracted' });
});

it.each([
  ['an empty file', ''],
  ['a file of comments', '# nothing yet\n'],
  ['no modules', 'modules: {}'],
])('%s leaves every module on monolith', (_what, text) => {
  expect(parse(text)).toEqual(allMonolith);
});

it('a module that is left out stays on monolith', () => {
  expect(parse('modules: { till: { phase: extracted } }')).toEqual({ ...allMonolith, till: 'extracted' });
});

const shelf = (settings: string) => `modules: { shelf: { phase: extracted, ${settings} } }`;

it.each<[what: string, text: string, place: string | RegExp]>([
  ['no YAML', 'modules: {shelf: [}', /^no valid YAML: .*line 1/],
  [
    'a key twice',
    'modules: { shelf: { phase: extracted }, shelf: { phase: monolith } }',
    /^no valid YAML: .*unique/,
  ],
  ['a list', '- shelf', /^modules: must map module names/],
  ['text', 'shelf', /^modules: must map module names/],
  ['a list of modules', 'modules: [shelf]', /^modules: must map module names/],
  ['nothing under modules', 'modules:', /^modules: must map module names/],
  ['another key at the top', 'module: { shelf: { phase: extracted } }', /^module: unknown; .* "modules"$/],
  [
    'an unknown module',
    'modules: { shelve: { phase: extracted } }',
    /^modules.shelve: there is no such module \(there are customers, /,
  ],
  [
    'a module that hides as a prototype',
    'modules: { __proto__: { phase: extracted } }',
    /^modules.__proto__: there is no such/,
  ],
  ['a module without settings', 'modules: { shelf: }', 'modules.shelf: an object is expected'],
  ['a module that is only a phase', 'modules: { shelf: extracted }', 'modules.shelf: an object is expected'],
  [
    'no phase',
    'modules: { shelf: { percent: 5 } }',
    /^modules.shelf: phase must be one of the following values: monolith, /,
  ],
  [
    'an unknown phase',
    'modules: { shelf: { phase: extract } }',
    /^modules.shelf: phase must be one of the following values/,
  ],
  ['an unknown setting', shelf('colour: red'), 'modules.shelf: colour should not exist'],
  ['a share above 100', shelf('percent: 101'), 'modules.shelf: percent must not be greater than 100'],
  ['a share as text', shelf('percent: "5"'), /^modules.shelf: .*percent must be an integer number/],
  [
    'an unknown acknowledgement',
    shelf('ack: none'),
    /^modules.shelf: ack must be one of the following values: both, owner$/,
  ],
  ['a ramp that is no list', shelf('ramp: 50'), 'modules.shelf: ramp must be an array'],
  [
    'a step of the ramp above 100',
    shelf('ramp: [1, 101]'),
    /^modules.shelf: ramp: each value in ramp must not be greater/,
  ],
  ['a time without unit', shelf('bake: "30"'), 'modules.shelf: bake must be a time such as 30s'],
  [
    'a gate out of range',
    shelf('gates: { errorRate: 2 }'),
    'modules.shelf: gates.errorRate must not be greater than 1',
  ],
  ['an unknown gate', shelf('gates: { lag: 1 }'), 'modules.shelf: gates.lag should not exist'],
  [
    'a header as nobody sends it',
    shelf('cohorts: [{ header: X_Group, equals: a }]'),
    /^modules.shelf: cohorts.0.header must be a header name/,
  ],
])('%s is refused in one sentence that names the place', (_what, text, place) => {
  const message = refusal(text);
  if (typeof place === 'string') expect(message).toBe(place);
  else expect(message).toMatch(place);
  expect(message).not.toContain('\n');
});

it.each(phases.filter((phase) => !policies[phase].flippable))('%s, which moves data, is refused', (phase) => {
  expect(refusal(`modules: { shelf: { phase: ${phase} } }`)).toMatch(
    new RegExp(`^modules.shelf.phase: ${phase} moves data`),
  );
});

function refusal(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof WishesError) return error.message;
    throw error;
  }
  throw new Error('the file was expected to be refused, and was taken');
}
