import type { Files } from './tree.js';

/** The rooms within a room, the lowest first. */
const inner = {
  engine: ['identity', 'ownership', 'verify', 'replication', 'continuity', 'pruning'],
  control: ['terms', 'config', 'store', 'webhooks', 'conditions', 'steps', 'reconcile', 'doctor', 'commands'],
};

/** A shop of two modules in which every import is allowed, as long as it stands alone. */
export const goodShop: Files = {
  'apps/monolith/src/main.ts': ['#api', '#sample', '#platform', '#domain/users', '#domain/orders']
    .map((name) => `import '${name}';`)
    .join('\n'),
  'examples/legacy-app/next/users/users.service.ts': `import 'typeorm';`,
  'libs/contracts/src/index.ts': `export { users } from './users.js';`,
  'libs/contracts/src/users.ts': `import 'nestjs-strangler/contract';\nexport const users = 1;`,
  'libs/strangler/src/index.ts': ['nest', 'operate']
    .map((room) => `export { ${room} } from './${room}/${room}.js';`)
    .join('\n'),
  'libs/strangler/src/contract/index.ts': `export { command } from './operation.js';`,
  'libs/strangler/src/contract/operation.ts': `export const command = 1;`,
  'libs/strangler/src/calls/router.ts': `import '@nats-io/transport-node';\nimport '../contract/operation.js';\nexport const router = 1;`,
  ...Object.fromEntries(
    [
      'routes',
      'database',
      'migrate',
      'engine',
      'evidence',
      'nats',
      'described',
      'sides',
      'control',
      'operate',
      'nest',
      'internal',
      'testing',
    ].map((room) => [
      `libs/strangler/src/${room}/${room}.ts`,
      `import '../contract/operation.js';\nexport const ${room} = 1;`,
    ]),
  ),
  ...Object.fromEntries(
    // Nobody imports the lowest one.
    Object.entries(inner).flatMap(([of, [, ...rooms]]) =>
      rooms.map((room) => [`libs/strangler/src/${of}/${room}/${room}.ts`, `export const ${room} = 1;`]),
    ),
  ),
  'libs/embedded-servers/src/index.ts': `import '@nats-io/transport-node';\nexport const acquireEmbedded = 1;`,
  'libs/platform/src/index.ts': `import '#migrations';\nimport 'nestjs-strangler-embedded-servers';\nexport const platform = 1;`,
  'libs/api/src/index.ts': `import '#contracts';\nimport 'nestjs-strangler';\nexport const api = 1;`,
  'libs/api/src/testing/edge.ts': `import 'supertest';\nimport 'typeorm';`,
  // One half of a circle: a circle is reported once.
  'libs/api/src/hen.ts': `import './bad-egg.js';`,
  'libs/sample/src/index.ts': `import '#contracts';\nimport '#platform';\nexport const sample = 1;`,
  'libs/sample/src/sample.spec.ts': `import '#domain/users';`,
  'libs/domain/src/users/index.ts': `import 'nestjs-strangler';\nexport { User } from './user.entity.js';`,
  'libs/domain/src/users/user.entity.ts': `import 'typeorm';\nexport class User {}`,
  'libs/domain/src/users/users.service.spec.ts': `import 'supertest';\nimport '../../../../test/support/postgres.js';`,
  'libs/domain/src/orders/index.ts': `import '#contracts';\nimport 'nestjs-strangler';\nexport const orders = 1;`,
  'examples/mail/mail.ts': `import '#contracts';`,
  'migrations/index.ts': `import './users/0001-users.js';`,
  'migrations/users/0001-users.ts': `import 'typeorm';`,
  'test/support/postgres.ts': `import 'node:fs';`,
};

/** Names in package.json that lead past the barrels. */
export const deepNames = { '#deep/*': { source: './libs/*.ts' } };

/** A room within a room that imports the one above it; the highest imports a file beside all of them. */
const innerFloors = Object.entries(inner).flatMap(([of, rooms]) =>
  rooms.map((room, floor) => {
    const above = rooms[floor + 1];
    const file = above === undefined ? of : `${above}/${above}`;
    return [`${of}-${room}`, `libs/strangler/src/${of}/${room}/bad.ts`, `import '../${file}.js';`] as const;
  }),
);
/** A room of the toolkit that imports the one above it. */
const floors = (
  [
    ['contract', 'routes'],
    ['routes', 'database'],
    ['database', 'migrate'],
    ['migrate', 'engine'],
    ['engine', 'evidence'],
    ['evidence', 'nats'],
    ['nats', 'described'],
    ['described', 'sides'],
    ['calls', 'sides'],
    ['sides', 'control'],
    ['control', 'operate'],
    ['operate', 'nest'],
  ] as const
).map(
  ([room, above]) =>
    [`floor-${room}`, `libs/strangler/src/${room}/bad.ts`, `import '../${above}/${above}.js';`] as const,
);

/** Each of these files breaks the rule that stands before it, and no other. */
export const forbidden: readonly (readonly [rule: string, file: string, text: string])[] = [
  ...floors,
  ...innerFloors,
  ['assess-apart', 'libs/strangler/src/assess/bad.ts', `import '../contract/operation.js';`],
  ['init-apart', 'libs/strangler/src/init/bad.ts', `import '../contract/operation.js';`],
  ['generate-apart', 'libs/strangler/src/generate/bad.ts', `import '../database/database.js';`],
  ['cli-without-nest', 'libs/strangler/src/cli/bad.ts', `import '../nest/nest.js';`],
  ['floor-service', 'libs/strangler/src/service/bad.ts', `import '../index.js';`],
  ['floor-nest', 'libs/strangler/src/nest/bad.ts', `import '../index.js';`],
  ['floor-internal', 'libs/strangler/src/internal/bad.ts', `import '../index.js';`],
  ['floor-testing', 'libs/strangler/src/testing/bad.ts', `import '../index.js';`],
  ['layer-embedded-servers', 'libs/embedded-servers/src/bad.ts', `import '../../../migrations/index.js';`],
  ['layer-contracts', 'libs/contracts/src/bad.ts', `import '#platform';`],
  ['layer-strangler', 'libs/strangler/src/bad-table.ts', `import '../../../migrations/index.js';`],
  ['layer-platform', 'libs/platform/src/bad.ts', `import '#contracts';`],
  ['layer-edge', 'libs/edge/src/bad.ts', `import '#api';`],
  ['layer-domain', 'libs/domain/src/orders/bad-api.ts', `import '#api';`],
  ['layer-domain', 'libs/domain/src/orders/bad-app.ts', `import '../../../../apps/monolith/src/main.js';`],
  ['layer-domain', 'libs/domain/src/orders/bad-server.ts', `import 'nestjs-strangler-embedded-servers';`],
  ['layer-api', 'libs/api/src/bad-domain.ts', `import '#domain/users';`],
  ['layer-api', 'libs/api/src/bad-sample.ts', `const late = () => import('#sample');`],
  ['layer-sample', 'libs/sample/src/bad.ts', `import '#domain/users';`],
  ['modules-apart', 'libs/domain/src/orders/bad-name.ts', `import '#domain/users';`],
  [
    'modules-apart',
    'libs/domain/src/orders/bad-type.ts',
    `import type { User } from '../users/user.entity.js';`,
  ],
  ['libs-by-name', 'libs/api/src/bad-barrel.ts', `import '../../contracts/src/index.js';`],
  ['libs-by-name', 'libs/domain/src/orders/bad-path.ts', `import '../../../strangler/src/calls/router.js';`],
  ['apps-by-name', 'apps/monolith/src/bad.ts', `import '../../../libs/api/src/index.js';`],
  ['apps-apart', 'apps/demo/src/bad.ts', `import '../../monolith/src/main.js';`],
  ['names-are-barrels', 'libs/domain/src/orders/bad-deep.ts', `import '#deep/strangler/src/calls/router';`],
  ['names-are-barrels', 'apps/monolith/src/bad-deep.ts', `import '#deep/domain/src/users/user.entity';`],
  ['transport-in-toolkit', 'libs/domain/src/orders/bad-nats.ts', `import '@nats-io/transport-node';`],
  ['transport-in-toolkit', 'libs/api/src/bad-nest.ts', `import '@nestjs/microservices';`],
  ['edge-without-database', 'libs/api/src/bad-table.ts', `import { DataSource } from 'typeorm';`],
  ['migrations-are-frozen', 'migrations/users/0002-bad.ts', `import { users } from '#contracts';`],
  ['migrations-are-frozen', 'migrations/users/0003-bad.ts', `import './0001-users.js';`],
  ['product-without-tests', 'libs/api/src/bad-test.ts', `import '../../../test/support/postgres.js';`],
  ['product-without-tests', 'libs/api/src/bad-testing.ts', `import './testing/edge.js';`],
  ['product-without-tests', 'libs/strangler/src/bad-testing.ts', `import './testing/testing.js';`],
  ['bench-without-tests', 'bench/bad.ts', `import '../test/support/postgres.js';`],
  [
    'product-without-examples',
    'apps/monolith/src/bad-example.ts',
    `import '../../../examples/mail/mail.js';`,
  ],
  ['apps-by-name', 'examples/mail/bad.ts', `import '../../libs/api/src/index.js';`],
  ['legacy-app-apart', 'examples/legacy-app/src/bad.ts', `import '#platform';`],
  ['legacy-app-apart', 'examples/legacy-app/src/bad-next.ts', `import '../next/users/users.service.js';`],
  ['example-modules-apart', 'examples/legacy-app/next/orders/bad.ts', `import '../users/users.service.js';`],
  ['product-without-dev-dependencies', 'libs/api/src/bad-dev.ts', `import 'supertest';`],
  ['no-cycles', 'libs/api/src/bad-egg.ts', `import type { Hen } from './hen.js';`],
  ['no-orphans', 'libs/api/src/bad-orphan.ts', `export const nobody = 'calls';`],
  ['resolvable', 'libs/api/src/bad-nowhere.ts', `import '#contract';`],
];
