import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Every list of restrictions below is whole: in ESLint's configuration the last one that fits a file replaces the others.

const tests = [
  '**/*.spec.ts',
  'test/**/*.ts',
  'examples/*/test/**/*.ts',
  'libs/!(strangler)/src/testing/**/*.ts',
];

const process = [
  {
    name: 'node:process',
    importNames: ['env'],
    message: 'Settings are parsed once at boot (config.ts, *settings.ts).',
  },
];

const barrels = {
  selector: 'ExportAllDeclaration',
  message: 'A barrel exports names, never *: what leaves a library is a decision.',
};

/** What would reach the pool beside the running command's transaction. */
const typeorm = ['BaseEntity', 'DataSource', 'EntityManager', 'QueryRunner'];
const typeormInjectors = [
  'InjectDataSource',
  'InjectEntityManager',
  'getDataSourceToken',
  'getEntityManagerToken',
];
const insideTheTransaction =
  'A command already runs in a transaction: inject repositories. N commands that also take a plain connection hang for ever once N is the pool size.';
const knowsPorts = 'A module knows ports and sagas; nothing of phases, routes or transport.';
const injectsPorts =
  'The edge injects ports and passes its context on; where a call goes is not its concern.';
const moduleImports = [
  ...process,
  { name: 'typeorm', importNames: typeorm, message: insideTheTransaction },
  { name: '@nestjs/typeorm', importNames: typeormInjectors, message: insideTheTransaction },
  {
    name: 'nestjs-strangler',
    allowImportNames: [
      'Admission',
      'call',
      'Events',
      'own',
      'Saga',
      'Step',
      'StranglerModule',
      'InjectPort',
      'Port',
    ],
    message: knowsPorts,
  },
  { name: 'nestjs-strangler/internal', message: knowsPorts },
];
const edgeImports = [
  ...process,
  {
    name: 'nestjs-strangler',
    allowImportNames: ['CallContext', 'InjectPort', 'Port', 'currentContext', 'portToken', 'withContext'],
    message: injectsPorts,
  },
  { name: 'nestjs-strangler/internal', message: injectsPorts },
];
const moduleSyntax = [
  barrels,
  {
    selector: 'MemberExpression[property.name=/^(transaction|connection|dataSource|createQueryRunner)$/]',
    message: insideTheTransaction,
  },
  { selector: 'Identifier[name=/^dataSource$/i]', message: insideTheTransaction },
];

const waiting =
  'Wait for a condition, never for a time: a sleep is too short on a slow machine and too long on a fast one.';
const everyTestRuns = 'Every test runs, here and in CI.';
const testSyntax = [
  barrels,
  { selector: 'CallExpression[callee.name=/^(setTimeout|sleep|delay)$/]', message: waiting },
  {
    selector: 'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(only|skip)$/]',
    message: everyTestRuns,
  },
  { selector: 'CallExpression[callee.name=/^(fit|fdescribe|xit|xtest|xdescribe)$/]', message: everyTestRuns },
];
const testImports = [{ name: 'node:timers/promises', message: waiting }];

export default defineConfig(
  {
    ignores: [
      '**/dist/',
      'libs/strangler/cjs/',
      '.data/',
      'coverage/',
      'examples/nest-app/',
      'test/boundaries/docstrings/given.ts',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Beyond the preset.
      eqeqeq: ['error', 'smart'],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Settings are parsed once at boot (config.ts, *settings.ts).',
        },
        {
          object: 'Date',
          property: 'now',
          message: 'People set that clock: measure with performance.now(). A moment to show is new Date().',
        },
      ],
      'no-restricted-imports': ['error', { paths: process }],
      'no-restricted-syntax': ['error', barrels],
      // Less than the preset: matters of style, and what is meant so here.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unnecessary-type-arguments': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': ['error', { ignoreStatic: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // It takes what was true before an await, or before a closure ran, for true for ever.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // An index that is known to be good needs one, with noUncheckedIndexedAccess; a cast would hide more.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // DTOs are classes for their decorators only: plain objects of the same shape are passed, copied and spread.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  {
    // The platform reads the environment in one place; the embedded servers hand some of it on to the process that keeps them.
    files: [
      '**/config.ts',
      '**/*settings.ts',
      'libs/platform/src/environment.ts',
      'libs/embedded-servers/src/plain-environment.ts',
      '{test,bench,tools}/**',
      ...tests,
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['libs/domain/**/*.ts', 'examples/**/*.ts'],
    // A migration is given a QueryRunner; what stands beside modules puts them together.
    ignores: [...tests, 'examples/*/[0-9]*.ts', 'examples/legacy-app/next/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: moduleImports }],
      'no-restricted-syntax': ['error', ...moduleSyntax],
    },
  },
  {
    files: ['libs/api/**/*.ts'],
    ignores: tests,
    rules: { 'no-restricted-imports': ['error', { paths: edgeImports }] },
  },
  {
    files: tests,
    ignores: ['test/support/**'],
    rules: {
      'no-restricted-imports': ['error', { paths: testImports }],
      'no-restricted-syntax': ['error', ...testSyntax],
    },
  },
  {
    files: tests,
    rules: {
      // Answers of HTTP clients and databases are looked at as they come; matchers are methods without `this`.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: { console: false, process: false, module: true, require: false, URL: false },
    },
  },
);
