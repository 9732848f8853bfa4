import { defaultSettings } from './settings.js';
import { parseWishes, WishesError } from './wishes.js';

const modules = ['customers', 'baskets', 'till', 'shelf'];
const parse = (text: string) => parseWishes(text, modules);
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
  const { shelf, ...others } = Object.fromEntries(parse(full));
  expect(shelf).toEqual({
    phase: 'extracted',
    percent: null,
    ack: 'both',
    ramp: [1, 5, 25, 50, 100],
    bakeMs: 30_000,
    gates: { lagMs: 1_000, mismatchRate: 0, errorRate: 0.01, p99Ratio: 3, minSamples: 200 },
    cohorts: [{ header: 'x-user-group', equals: 'beta' }],
    shadowSample: 1,
    line: 6,
  });
  expect(others.till).toEqual({ ...defaultSettings, phase: 'monolith', percent: null, line: 5 });
});

it.each([
  ['an empty file', ''],
  ['a file of comments', '# nothing yet\n'],
  ['no modules', 'modules: {}'],
])('%s steers no module', (_what, text) => {
  expect(parse(text).size).toBe(0);
});

it('a module that is left out is steered by hand', () => {
  expect([...parse('modules: { till: { phase: extracted } }').keys()]).toEqual(['till']);
});

it('what is not said has its default', () => {
  expect(parse('modules: { till: { phase: shadow, gates: { lagMs: 50 } } }').get('till')).toEqual({
    ...defaultSettings,
    gates: { ...defaultSettings.gates, lagMs: 50 },
    phase: 'shadow',
    percent: null,
    line: 1,
  });
});

it.each([
  ['250ms', 250],
  ['0s', 0],
  ['90s', 90_000],
  ['2m', 120_000],
  ['1h', 3_600_000],
])('bake: %s', (text, bakeMs) => {
  expect(parse(`modules: { till: { phase: extracted, bake: ${text} } }`).get('till')).toMatchObject({
    bakeMs,
  });
});

it('a shop without traffic asks for no samples', () => {
  const quiet = parse('modules: { till: { phase: extracted, gates: { minSamples: 0 } } }').get('till');
  expect(quiet).toMatchObject({ gates: { minSamples: 0 } });
});

it('shifting takes its share, and the ramp its order', () => {
  const text = 'modules: { till: { phase: shifting, percent: 30, ramp: [50, 10] } }';
  expect(parse(text).get('till')).toMatchObject({ phase: 'shifting', percent: 30, ramp: [10, 50] });
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

it.each([
  [
    'modules: { shelf: { phase: decommissioned } }',
    /^modules.shelf.phase: there is no way back from decommissioned/,
  ],
  ['modules: { shelf: { phase: shifting } }', /^modules.shelf.percent: shifting needs the share/],
])('%s is refused', (text, message) => {
  expect(refusal(text)).toMatch(message);
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
