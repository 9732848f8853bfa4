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
    ack: both               # both | owner
    ramp: [1, 5, 25, 50, 100]
    bake: 30s
    gates: { lagMs: 999, mismatchRate: 0.5, errorRate: 0.02, p99Ratio: 2, minSamples: 7 }
    cohorts: [{ header: x-user-group, equals: beta }]
    approve: [100]
    shadowSample: 0.5
    rehearse: 0.1
`;

it('a file with every setting is understood', () => {
  const { shelf, ...others } = Object.fromEntries(parse(full));
  expect(shelf).toEqual({
    phase: 'extracted',
    percent: null,
    ack: 'both',
    ramp: [1, 5, 25, 50, 100],
    bakeMs: 30_000,
    probeBakeMs: 5_000,
    gates: {
      ...defaultSettings.gates,
      lagMs: 999,
      mismatchRate: 0.5,
      errorRate: 0.02,
      p99Ratio: 2,
      minSamples: 7,
    },
    cohorts: [{ header: 'x-user-group', equals: 'beta' }],
    approve: [100],
    shadowSample: 0.5,
    rehearse: 0.1,
    line: 6,
    sources: {
      ack: 'line 8',
      ramp: 'line 9',
      bake: 'line 10',
      'gates.lagMs': 'line 11',
      'gates.mismatchRate': 'line 11',
      'gates.errorRate': 'line 11',
      'gates.p99Ratio': 'line 11',
      'gates.minSamples': 'line 11',
      cohorts: 'line 12',
      approve: 'line 13',
      shadowSample: 'line 14',
      rehearse: 'line 15',
    },
  });
  expect(others.till).toEqual({ ...defaultSettings, phase: 'monolith', percent: null, line: 5, sources: {} });
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
    sources: { 'gates.lagMs': 'line 1' },
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

it('shifting takes its share', () => {
  const text = 'modules: { till: { phase: shifting, percent: 30, ramp: [10, 50] } }';
  expect(parse(text).get('till')).toMatchObject({ phase: 'shifting', percent: 30, ramp: [10, 50] });
});

it('a phase alone is the short form', () => {
  expect(parse('modules:\n  till: extracted').get('till')).toEqual({
    ...defaultSettings,
    phase: 'extracted',
    percent: null,
    line: 2,
    sources: {},
  });
});

it('defaults count for all modules, and what a module says goes before them', () => {
  const text = `
defaults:
  ramp: [50, 100]
  gates: { lagMs: 50, minSamples: 7 }
modules:
  till: extracted
  shelf: { phase: monolith, gates: { lagMs: 9 } }
`;
  const wishes = parse(text);
  const sources = { ramp: 'line 3 (defaults)', 'gates.minSamples': 'line 4 (defaults)' };
  expect(wishes.get('till')).toMatchObject({
    ramp: [50, 100],
    gates: { ...defaultSettings.gates, lagMs: 50, minSamples: 7 },
    sources: { ...sources, 'gates.lagMs': 'line 4 (defaults)' },
  });
  expect(wishes.get('shelf')).toMatchObject({
    ramp: [50, 100],
    gates: { ...defaultSettings.gates, lagMs: 9, minSamples: 7 },
    sources: { ...sources, 'gates.lagMs': 'line 7' },
  });
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
  [
    'another key at the top',
    'module: { shelf: { phase: extracted } }',
    'module: unknown key; did you mean modules?',
  ],
  [
    'an unknown module',
    'modules: { shelve: { phase: extracted } }',
    'modules.shelve: there is no such module; did you mean shelf?',
  ],
  [
    'a module that hides as a prototype',
    'modules: { __proto__: { phase: extracted } }',
    /^modules.__proto__: there is no such/,
  ],
  ['a module without settings', 'modules: { shelf: }', 'modules.shelf: an object is expected'],
  ['a module that is only a word', 'modules: { shelf: gone }', /^modules.shelf: phase must be one of/],
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
  [
    'an unknown setting',
    shelf('colour: red'),
    /^modules.shelf: unknown key colour \(there are .*phase, percent.*\)$/,
  ],
  ['a slip of the pen', shelf('bakee: 30s'), 'modules.shelf: unknown key bakee; did you mean bake?'],
  [
    'a ramp that falls',
    shelf('ramp: [50, 10]'),
    'modules.shelf: ramp must rise, each share above the one before it',
  ],
  [
    'a share without shifting',
    shelf('percent: 5'),
    /^modules.shelf.percent: only the phase shifting takes a share/,
  ],
  ['a phase among the defaults', 'defaults: { phase: extracted }', /^defaults: unknown key phase/],
  ['a share above 100', shelf('percent: 101'), 'modules.shelf: percent must not be greater than 100'],
  ['a share as text', shelf('percent: "5"'), /^modules.shelf: .*percent must be an integer number/],
  [
    'an unknown acknowledgement',
    shelf('ack: none'),
    /^modules.shelf: ack must be one of the following values: both, owner$/,
  ],
  ['a ramp that is no list', shelf('ramp: 50'), /^modules.shelf: ramp must be an array/],
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
  [
    'an unknown gate',
    shelf('gates: { lag: 1 }'),
    'modules.shelf.gates: unknown key lag; did you mean lagMs?',
  ],
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

it.each([
  ['modules:\n  shelf:\n    phase: extracted\n    bakee: 3s', 4],
  ['modules:\n  shelf:\n    phase: extracted\n    gates:\n      errorRate: 2', 5],
  ['modules:\n  shelf: extracted\n  till: gone', 3],
  ['modules:\n  shelf: extracted\n  tilll: gone', 3],
  ['modules:\n  shelf: { phase: monolith,\n    cohorts: [{ header: A,\n      equals: b }] }', 3],
  ['# why\ndefaults:\n  ramp: [5, 1]', 3],
  ['modules:\n  shelf: extracted\n  till: [', 3],
])('%j is refused with its line', (text, line) => {
  expect(refused(text).line).toBe(line);
});

const refusal = (text: string): string => refused(text).message;

function refused(text: string): WishesError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof WishesError) return error;
    throw error;
  }
  throw new Error('the file was expected to be refused, and was taken');
}
