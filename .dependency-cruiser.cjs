// Who may import whom. Nothing is listed module by module: rules speak of "another module" by the folder they matched.
// test/boundaries/boundaries.spec.ts turns each of these rules red once and checks that the real tree was seen at all.
const { readdirSync } = require('node:fs');

/** What each library may import of ours. */
const layers = {
  'embedded-servers': [],
  strangler: [],
  contracts: ['strangler'],
  platform: ['migrations', 'strangler', 'embedded-servers'],
  domain: ['contracts', 'strangler', 'platform'],
  api: ['contracts', 'edge', 'strangler', 'platform'],
  edge: ['contracts', 'strangler', 'platform'],
  sample: ['contracts', 'strangler', 'platform'],
};

const ours = '^(apps|bench|examples|libs|migrations|test|tools)/';
/** Tests, and what libraries keep for their own tests. */
const tests = ['^test/', '\\.spec\\.ts$', '^libs/(?!strangler/)[^/]+/src/testing/'];
/** What the toolkit has for everybody's tests. */
const published = '^libs/strangler/src/testing/';
const barrels = [
  '^libs/[^/]+/src/index\\.ts$',
  '^libs/strangler/src/(cli|contract|internal|migrate|service|testing)/index\\.ts$',
  '^libs/domain/src/[^/]+/index\\.ts$',
];
const byName = ['aliased-subpath-import', 'aliased-workspace'];
/** The toolkit's rooms: each stands on those before it. */
const floors = [
  'contract',
  'routes',
  'database',
  'migrate',
  'engine',
  'evidence',
  'nats',
  'described',
  'calls',
  'sides',
  'control',
  'operate',
  'nest',
  'internal',
  'service',
  'testing',
];
/** The rooms within a room: each stands on those before it, and the files beside them on all. */
const inner = {
  engine: ['identity', 'ownership', 'verify', 'replication', 'continuity', 'pruning'],
  control: ['terms', 'config', 'store', 'webhooks', 'conditions', 'steps', 'reconcile', 'doctor', 'commands'],
};
const room = (name) => `^libs/strangler/src/${name}/`;
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/`;
const folder = (name) => (name === 'migrations' ? '^migrations/' : `^libs/${name}/`);

const layerRules = readdirSync('libs').map((lib) => {
  const allowed = layers[lib];
  if (!allowed) throw new Error(`libs/${lib} has no line in "layers": say what it may import`);
  return {
    name: `layer-${lib}`,
    comment: `libs/${lib} imports ${allowed.join(', ') || 'nothing'} of ours`,
    // A test may put the parts together, as an app does.
    from: { path: folder(lib), pathNot: tests },
    to: { path: ours, pathNot: [folder(lib), ...allowed.map(folder), ...tests] },
  };
});

const floorRules = floors.map((name, floor) => ({
  name: `floor-${name}`,
  comment: `libs/strangler/src/${name} stands on ${floors.slice(0, floor).join(', ') || 'nothing'}`,
  from: { path: room(name), pathNot: tests },
  to: { path: '^libs/strangler/src/', pathNot: floors.slice(0, floor + 1).map(room) },
}));

const innerRules = Object.entries(inner).flatMap(([of, rooms]) =>
  rooms.map((name, floor) => ({
    name: `${of}-${name}`,
    comment: `libs/strangler/src/${of}/${name} stands on ${rooms.slice(0, floor).join(', ') || 'none of the others'}`,
    from: { path: room(`${of}/${name}`), pathNot: tests },
    to: { path: room(of), pathNot: rooms.slice(0, floor + 1).map((below) => room(`${of}/${below}`)) },
  })),
);

const rules = [
  ...layerRules,
  ...floorRules,
  ...innerRules,
  {
    name: 'assess-apart',
    comment: 'assess reads sources of an application: it needs nothing of the toolkit, and runs without it',
    from: { path: room('assess'), pathNot: tests },
    to: { path: '^libs/strangler/src/', pathNot: room('assess') },
  },
  {
    name: 'init-apart',
    comment: 'init reads sources as assess does: it needs nothing else of the toolkit, and runs without it',
    from: { path: room('init'), pathNot: tests },
    to: { path: '^libs/strangler/src/', pathNot: [room('init'), room('assess')] },
  },
  {
    name: 'generate-apart',
    comment:
      "generate reads a database's catalogue: it needs pg alone, and runs before there is a schema of the toolkit",
    from: { path: room('generate'), pathNot: tests },
    to: { path: '^libs/strangler/src/', pathNot: room('generate') },
  },
  {
    name: 'cli-without-nest',
    comment:
      'the command line asks an admin API, a database or sources: it stands on all rooms, and starts no Nest',
    from: { path: room('cli'), pathNot: tests },
    to: { path: ['^libs/strangler/src/[^/]+$', room('nest'), room('service')] },
  },
  {
    name: 'modules-apart',
    comment: "a module of the shop knows the others' contracts, never their code",
    from: { path: '^libs/domain/src/([^/]+)/' },
    to: { path: '^libs/domain/', pathNot: '^libs/domain/src/$1/' },
  },
  {
    name: 'libs-by-name',
    comment: 'one library reaches another by its name (#contracts), not by a path into it',
    from: { path: '^libs/([^/]+)/' },
    to: { path: '^libs/', pathNot: '^libs/$1/', dependencyTypesNot: byName },
  },
  {
    name: 'apps-by-name',
    comment:
      'an app reaches a library by its name (#contracts), not by a path into it; a benchmark may measure its insides',
    from: { path: '^(apps|examples|tools)/' },
    to: { path: '^libs/', dependencyTypesNot: byName },
  },
  {
    name: 'apps-apart',
    comment: 'what two apps need is a library',
    from: { path: '^apps/([^/]+)/' },
    to: { path: '^apps/', pathNot: '^apps/$1/' },
  },
  {
    name: 'names-are-barrels',
    comment:
      'a name in the "imports" of package.json leads to a barrel, never deeper; tests and benchmarks look inside',
    from: { path: ours, pathNot: [...tests, '^bench/'] },
    to: { path: '^libs/', pathNot: barrels, dependencyTypes: byName },
  },
  {
    name: 'transport-in-toolkit',
    comment:
      'only the toolkit, the platform and the embedded servers know that NATS exists: a module does not know where it runs',
    from: { path: '^libs/', pathNot: '^libs/(strangler|platform|embedded-servers)/' },
    to: { path: npm('@nats-io', '@nestjs/microservices') },
  },
  {
    name: 'edge-without-database',
    comment: 'the HTTP edge injects ports; it would otherwise read tables that may be elsewhere',
    from: { path: '^libs/api/', pathNot: tests },
    to: { path: npm('typeorm', '@nestjs/typeorm', 'pg') },
  },
  {
    name: 'migrations-are-frozen',
    comment: 'a migration imports typeorm: code that changes would change the past',
    from: { path: '^migrations/[^/]+/' },
    to: { pathNot: npm('typeorm') },
  },
  {
    name: 'product-without-tests',
    comment: 'nothing that is shipped imports test code',
    from: { path: ours, pathNot: [...tests, published, '^bench/'] },
    to: { path: [...tests, published] },
  },
  {
    name: 'bench-without-tests',
    comment: 'a benchmark may use what everybody has for tests, and nothing of ours',
    from: { path: '^bench/', pathNot: tests },
    to: { path: tests },
  },
  {
    name: 'product-without-examples',
    comment: 'an example is there to be read and tried, and may be deleted',
    from: { path: ours, pathNot: [...tests, '^examples/'] },
    to: { path: '^examples/' },
  },
  {
    name: 'legacy-app-apart',
    comment: 'the application that is strangled knows nothing of us; its tests may find a database here',
    from: { path: '^examples/legacy-app/src/', pathNot: tests },
    to: { path: ours, pathNot: '^examples/legacy-app/src/' },
  },
  {
    name: 'example-modules-apart',
    comment: "a module of an example knows the others' contracts, never their code",
    from: { path: '^examples/legacy-app/next/([^/]+)/' },
    to: {
      path: '^examples/legacy-app/next/',
      pathNot: ['^examples/legacy-app/next/$1/', '\\.contract\\.ts$'],
    },
  },
  {
    name: 'product-without-dev-dependencies',
    comment: 'what is shipped runs after npm ci --omit=dev',
    from: { path: '^(apps|libs|migrations)/', pathNot: tests },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'no-cycles',
    comment: 'files that import each other are one file',
    from: {},
    to: { circular: true },
  },
  {
    name: 'no-orphans',
    comment: 'nothing imports it and it imports nothing',
    from: { orphan: true, pathNot: [tests, '/vite\\.config\\.ts$'].flat() },
    to: {},
  },
  {
    name: 'resolvable',
    comment: 'an import that leads nowhere escapes every other rule',
    from: {},
    to: { couldNotResolve: true },
  },
];

module.exports = {
  forbidden: rules.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['(^|/)(cjs|dist)/', '^examples/nest-app/'] },
    // Types count: who needs another module's types is bound to it too.
    tsPreCompilationDeps: true,
    // "source" leads the names in package.json to the sources and not to dist.
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
