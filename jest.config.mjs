import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apart, laneNames, laneOf, sourceFolders, specFiles } from './test/support/lanes/lanes.mjs';

// Nest 12 and a few more are ESM only; Jest on Node 20 cannot require them, so they are transformed
// to CommonJS together with our own sources (docs: CONTRIBUTING.md, "Tests").
const esmOnly = [
  '@nestjs',
  'jose',
  'uuid',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@tokenizer',
  '@borewit',
];

const swc = {
  swcrc: false,
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
    target: 'es2022',
  },
  module: { type: 'commonjs' },
  // In files of their own, which only a stack trace reads: inline they are three times the code that each test file compiles.
  sourceMaps: true,
};

/** What all lanes share. */
const common = {
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  // Jest lists every file below; without this also those of node_modules.
  roots: sourceFolders.map((folder) => `<rootDir>/${folder}`),
  modulePathIgnorePatterns: [`<rootDir>/${apart}/`],
  transform: { '^.+\\.(t|j|mj)s$': ['@swc/jest', swc] },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  resolver: '<rootDir>/test/support/lanes/resolver.cjs',
};

const withoutServers = { testEnvironment: '<rootDir>/test/support/lanes/unit-environment.cjs' };
const withServers = {
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

const root = dirname(fileURLToPath(import.meta.url));
const files = specFiles(root);

/** A project each lane; which test is in which, see lanes.mjs. */
const lane = (name) => ({
  ...common,
  ...(name === 'unit' ? withoutServers : withServers),
  ...(name !== 'full' && { setupFiles: ['<rootDir>/test/support/lanes/one-seed.ts'] }),
  displayName: name,
  testMatch: files.filter((file) => laneOf(file, root) === name).map((file) => `<rootDir>/${file}`),
});

export default {
  // Jest takes a project without files for one with all files.
  projects: laneNames.map(lane).filter(({ testMatch }) => testMatch.length > 0),
  reporters: ['default', '<rootDir>/test/support/lanes/closing-line.mjs'],
  testSequencer: '<rootDir>/test/support/lanes/slow-first.cjs',
  testTimeout: 90_000,
  // A test of processes waits more than it works: three at a time keep two cores busy.
  maxWorkers: 3,
};
