import fc from 'fast-check';
import { phases } from '../../routes/phase.js';
import { editOf, routeEditOf, type FileChange } from './file-edit.js';
import type { WrittenSettings } from './written-settings.js';
import { parseWishes } from './wishes.js';

const modules = ['shelf', 'till'];
const edit = (text: string, change: Partial<FileChange>) =>
  editOf(text, modules, { module: 'shelf', phase: 'extracted', percent: null, settings: {}, ...change });

it.each<[what: string, text: string, change: Partial<FileChange>, after: string]>([
  ['the short form', 'modules:\n  shelf: monolith # why\n', {}, 'modules:\n  shelf: extracted # why\n'],
  [
    'the short form in quotes',
    'modules:\n  shelf: "monolith" # why\n',
    {},
    'modules:\n  shelf: extracted # why\n',
  ],
  [
    'braces, as they are spaced',
    '# top\nmodules:\n  shelf:   { phase: monolith,  bake: 5s }   # why\n  till: monolith\n',
    {},
    '# top\nmodules:\n  shelf:   { phase: extracted,  bake: 5s }   # why\n  till: monolith\n',
  ],
  [
    'lines',
    'modules:\n  shelf:\n    # here\n    phase: monolith # and here\n\n    bake: 5s\n',
    {},
    'modules:\n  shelf:\n    # here\n    phase: extracted # and here\n\n    bake: 5s\n',
  ],
  [
    'a share that comes',
    'modules: { shelf: { phase: monolith } }',
    { phase: 'shifting', percent: 25 },
    'modules: { shelf: { phase: shifting, percent: 25 } }',
  ],
  [
    'a share that comes into lines',
    'modules:\n  shelf:\n    phase: monolith # last\n  till: monolith\n',
    { phase: 'shifting', percent: 25 },
    'modules:\n  shelf:\n    phase: shifting # last\n    percent: 25\n  till: monolith\n',
  ],
  [
    'a share that comes into the short form',
    'modules:\n  shelf: monolith\n',
    { phase: 'shifting', percent: 25 },
    'modules:\n  shelf: { phase: shifting, percent: 25 }\n',
  ],
  [
    'a share that goes',
    'modules:\n  shelf: { percent: 5, phase: shifting }\n',
    { phase: 'shadow' },
    'modules:\n  shelf: { phase: shadow }\n',
  ],
  [
    'a share that goes from lines',
    'modules:\n  shelf:\n    phase: shifting\n    percent: 5 # few\n    bake: 1s\n',
    { phase: 'shadow' },
    'modules:\n  shelf:\n    phase: shadow\n    bake: 1s\n',
  ],
  [
    'settings',
    'modules:\n  shelf: { phase: monolith, ramp: [1, 100] }\n',
    { settings: { ramp: [5, 50], bake: '0s', gates: { minSamples: 0, lagMs: 5 } } },
    'modules:\n  shelf: { phase: extracted, ramp: [5, 50], bake: 0s, gates: { minSamples: 0, lagMs: 5 } }\n',
  ],
  [
    'a phase in quotes, with Windows line ends',
    'modules:\r\n  shelf: { phase: "monolith" }\r\n',
    {},
    'modules:\r\n  shelf: { phase: extracted }\r\n',
  ],
])('%s: nothing else changes', (_what, text, change, after) => {
  expect(edit(text, change)?.text).toBe(after);
});

it('says which line becomes what', () => {
  const text = 'modules:\n  till: monolith\n  shelf: { phase: monolith } # why\n';
  expect(edit(text, {})).toMatchObject({
    line: 3,
    before: 'shelf: { phase: monolith } # why',
    after: 'shelf: { phase: extracted } # why',
  });
});

it.each([
  ['an alias', 'modules:\n  till: &both { phase: monolith }\n  shelf: *both\n'],
  ['one that another is an alias of', 'modules:\n  shelf: &both { phase: monolith }\n  till: *both\n'],
  ['one that is not there', 'modules:\n  till: monolith\n'],
])('%s is left to people', (_what, text) => {
  expect(edit(text, {})).toBeUndefined();
});

const space = fc.constantFrom('', ' ', '  ');
const comment = fc.constantFrom('', ' # why', '   # { phase: monolith }');
const written = fc.oneof(
  fc
    .constantFrom(...phases.slice(0, -1))
    .chain((phase) => fc.constantFrom(phase, `"${phase}"`, `'${phase}'`))
    .map((phase) => (phase.includes('shifting') ? `{ phase: ${phase}, percent: 7 }` : phase)),
  fc.tuple(space, space).map(([a, b]) => `{${a}bake: 5s,${b} phase: shadow,${a} gates: {lagMs: 5${a}} }`),
  fc
    .tuple(comment, comment)
    .map(([a, b]) => `${a}\n    phase: shifting${b}\n    percent: 3${a}\n    ack: owner`),
);
const change = fc.record({
  phase: fc.constantFrom(...phases.slice(0, -1)),
  share: fc.nat(100),
  settings: fc.constantFrom<WrittenSettings[]>(
    {},
    { bake: '1m' },
    { gates: { minSamples: 3 } },
    { ramp: [5, 6], ack: 'both' as const },
  ),
});

it('whatever the text, every comment stays, and it says what was wanted and all else as before', () => {
  fc.assert(
    fc.property(written, written, comment, change, (shelf, till, tail, { phase, share, settings }) => {
      const text = `# top\nmodules:${tail}\n  shelf: ${shelf}${tail}\n  # between\n  till: ${till}${tail}\n`;
      const percent = phase === 'shifting' ? share : null;
      const after = edit(text, { phase, percent, settings });
      if (!after) throw new Error(`cannot edit ${text}`);
      const wishes = parseWishes(after.text, modules);
      expect(wishes.get('shelf')).toMatchObject({ phase, percent });
      expect(wishes.get('till')?.phase).toBe(parseWishes(text, modules).get('till')?.phase);
      const lost = (text.match(/#/g)?.length ?? 0) - (after.text.match(/#/g)?.length ?? 0);
      // A comment behind a share that is taken away goes with it.
      expect(lost).toBeLessThanOrEqual(percent === null || shelf.includes('percent: 3 ') ? 1 : 0);
      expect(after.text).toContain('# top');
      expect(after.text).toContain('# between');
    }),
  );
});

it.each([
  [
    'in a block',
    "edge:\n  - path: /a\n    upstreams: { legacy: 'http://a', new: 'http://b' } # two",
    '\n    percent: 7',
  ],
  [
    'in braces',
    "edge: [{ path: /a, upstreams: { legacy: 'http://a', new: 'http://b' }",
    ', percent: 7',
    '}]\n',
  ],
  [
    'where one stands',
    "edge:\n  - { path: /b, upstreams: { legacy: 'http://a', new: 'http://b' }, percent: 5 }\n  - path: /a # mine\n    percent: ",
    '7',
    "\n    upstreams: { legacy: 'http://a', new: 'http://b' }",
    '50',
  ],
])('of a route the share is written %s, and nothing else', (_where, before, share, after = '', was = '') => {
  expect(routeEditOf(before + was + after, [], { module: '/a', percent: 7 })?.text).toBe(
    before + share + after,
  );
});

it('a route that does not stand there is not written', () => {
  const text = "edge:\n  - { path: /a, upstreams: { legacy: 'http://a', new: 'http://b' } }\n";
  expect(routeEditOf(text, [], { module: '/c', percent: 7 })).toBeUndefined();
});
