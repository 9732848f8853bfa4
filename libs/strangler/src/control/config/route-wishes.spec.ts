import { defaultSettings } from './settings.js';
import { parseFile, WishesError } from './wishes.js';

const upstreams = 'upstreams: { legacy: "http://localhost:4000", new: "http://localhost:4001" }';
const route = (more: string) => `edge:\n  - { path: /reports, ${upstreams}${more && `, ${more}`} }`;
const parse = (text: string) => parseFile(text, ['till']).edge;

it('a route with every key is understood, and stands beside modules', () => {
  const text = `
modules: { till: monolith }
defaults: { bake: 1m, cohorts: [{ header: x-user-group, equals: beta }] }
edge:
  - path: /reports
    ${upstreams}
    percent: 10
    shadow: 0.1
    sharedStore: true
    ramp: [10, 100]
    gates: { minSamples: 7 }
`;
  expect(parse(text)).toEqual([
    {
      path: '/reports',
      upstreams: { legacy: ['http://localhost:4000'], new: ['http://localhost:4001'] },
      percent: 10,
      shadow: 0.1,
      sharedStore: true,
      ramp: [10, 100],
      bakeMs: 60_000,
      gates: { ...defaultSettings.gates, minSamples: 7 },
      cohorts: [{ header: 'x-user-group', equals: 'beta' }],
      approve: [],
      line: 5,
    },
  ]);
});

it('what is left out is as for a module; a route without a share is steered by operators', () => {
  const { ramp, bakeMs, gates, cohorts } = defaultSettings;
  expect(parse(route(''))).toEqual([
    expect.objectContaining({
      ...{ ramp, bakeMs, gates, cohorts },
      ...{ percent: null, shadow: 0, sharedStore: false },
    }),
  ]);
});

it.each([
  ['no list', 'edge: { path: /reports }', /^edge: must be a list of routes/],
  ['a slip of the pen', route('shado: 1'), 'edge.0: unknown key shado; did you mean shadow?'],
  ['a share above 100', route('percent: 101'), 'edge.0: percent must not be greater than 100'],
  ['a share of everything', route('shadow: 10'), 'edge.0: shadow must not be greater than 1'],
  ['a setting of modules', route('ack: both'), /^edge.0: unknown key ack/],
  ['no upstreams', 'edge: [{ path: /reports }]', /^edge.0: upstreams/],
  ['a path that is none', route('').replace('/reports', 'reports'), /^edge.0: path must be a path as it/],
  [
    'a path that leads elsewhere',
    route('').replace('/reports', '/a/../b'),
    /^edge.0.path: .*leads elsewhere/,
  ],
  ['an address with a path', route('').replace('4000', '4000/x'), /^edge.0: upstreams.legacy: a URL as/],
  [
    'an address with a password',
    route('').replace('http://localhost:4001', 'http://a:b@localhost:4001'),
    /^edge.0: upstreams.new: a URL as .+, without a path or a password/,
  ],
  [
    'a way from an upstream to itself',
    route('').replace('4001', '4000'),
    /^edge.0.upstreams: legacy and new are/,
  ],
  [
    'a copy that is of both upstreams',
    route('').replace('localhost:4001', 'localhost:4001, http://localhost:4000'),
    'edge.0.upstreams: legacy and new are both http://localhost:4000, so nothing can move',
  ],
  [
    'a copy that is named twice',
    route('').replace('4001', '4001, http://localhost:4001/'),
    'edge.0: upstreams.new: it names the same copy twice',
  ],
  [
    'a path in two lines, in another spelling',
    `${route('')}\n  - { path: /Reports, ${upstreams} }`,
    'edge.1.path: /Reports stands in line 2 already',
  ],
])('%s is refused in one sentence that names the place', (_what, text, message) => {
  const error = refused(text);
  if (typeof message === 'string') expect(error.message).toBe(message);
  else expect(error.message).toMatch(message);
});

it('an upstream may have several copies', () => {
  const [one] = parse(route('').replace('4001', '4001, http://localhost:4002/'));
  expect(one?.upstreams.new).toEqual(['http://localhost:4001', 'http://localhost:4002']);
});

it('a wrong route is refused with its line', () => {
  const two = `${route('')}\n  - path: /x\n    ${upstreams}\n    percent: 200`;
  expect(refused(two).line).toBe(5);
});

function refused(text: string): WishesError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof WishesError) return error;
    throw error;
  }
  throw new Error('the file was expected to be refused, and was taken');
}
