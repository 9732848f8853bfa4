const sleep = 'Wait for a condition';
const everyTest = 'Every test runs';
const pool = 'A command already runs in a transaction';
const knowsPorts = 'A module knows ports and sagas';
const settings = 'Settings are parsed once';
const clock = 'People set that clock';

/** What the linter refuses: where, the code, and the rule (or how its message begins) that says so, alone. */
export const forbidden: readonly (readonly [says: string, file: string, code: string])[] = [
  [pool, 'libs/domain/src/orders/plain-pool.ts', `export { DataSource } from 'typeorm';`],
  [pool, 'libs/domain/src/orders/plain-manager.ts', `export { InjectEntityManager } from '@nestjs/typeorm';`],
  [pool, 'libs/domain/src/orders/active-record.ts', `export { BaseEntity } from 'typeorm';`],
  [
    pool,
    'libs/domain/src/orders/second-transaction.ts',
    `import type { Repository } from 'typeorm';
    export const twice = (rows: Repository<object>) => rows.manager.transaction(async () => {});`,
  ],
  [
    pool,
    'libs/domain/src/orders/past-the-transaction.ts',
    `import type { Repository } from 'typeorm';
    export const outside = (rows: Repository<object>) => rows.manager.dataSource.query('select 1');`,
  ],
  [
    pool,
    'libs/domain/src/orders/handed-pool.ts',
    `interface Pool { query(sql: string): Promise<unknown> }
    export class Orders {
      constructor(private readonly dataSource: Pool) {}
    }`,
  ],
  [knowsPorts, 'libs/domain/src/orders/phases.ts', `export { policies } from 'nestjs-strangler';`],
  [knowsPorts, 'libs/domain/src/orders/router.ts', `export { Routes } from 'nestjs-strangler/internal';`],
  ['The edge injects ports', 'libs/api/src/router.ts', `export { Routes } from 'nestjs-strangler/internal';`],
  ['A barrel exports names', 'libs/contracts/src/index.ts', `export * from './users.js';`],
  [settings, 'libs/platform/src/pool.ts', `export const size = process.env['POOL'];`],
  [settings, 'apps/monolith/src/main.ts', `const { env } = process;\nexport const port = env['PORT'];`],
  [settings, 'libs/api/src/limits.ts', `export { env } from 'node:process';`],
  [clock, 'libs/api/src/patience.ts', `export const giveUpAt = () => Date.now() + 1_000;`],
  [
    sleep,
    'libs/api/src/api.spec.ts',
    `it('waits', async () => { await new Promise((resolve) => setTimeout(resolve, 100)); });`,
  ],
  [sleep, 'test/contract/suite.ts', `export { setTimeout as pause } from 'node:timers/promises';`],
  [everyTest, 'test/hazards/only.spec.ts', `it.only('runs alone', () => {});`],
  [everyTest, 'test/hazards/skip.spec.ts', `describe.skip('never', () => {});`],
  [everyTest, 'test/hazards/skip-table.spec.ts', `it.skip.each([1])('never', () => {});`],
  [everyTest, 'test/hazards/x.spec.ts', `xit('never', () => {});`],
  [
    '@typescript-eslint/no-explicit-any',
    'libs/api/src/any.ts',
    `export const anything = (it: any) => String(it);`,
  ],
  [
    '@typescript-eslint/no-floating-promises',
    'libs/api/src/floating.ts',
    `const save = async () => {};\nexport const forget = () => { save(); };`,
  ],
  [
    '@typescript-eslint/no-misused-promises',
    'libs/api/src/misused.ts',
    `export const each = (lines: string[]) => lines.forEach(async () => {});`,
  ],
  ['@typescript-eslint/no-unused-vars', 'libs/api/src/unused.ts', `const nobody = 1;\nexport {};`],
  [
    '@typescript-eslint/ban-ts-comment',
    'libs/api/src/ignored.ts',
    `// @ts-ignore\nexport const one: string = 1;`,
  ],
  [
    'Unused eslint-disable',
    'libs/api/src/disabled.ts',
    `// eslint-disable-next-line no-var\nexport const one = 1;`,
  ],
];

/** The same words where they are right. */
export const allowed: Readonly<Record<string, string>> = {
  'apps/monolith/src/config.ts': `export const port = process.env['PORT'];`,
  'libs/platform/src/pause.ts': `export const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));`,
  'libs/platform/src/database.ts': `export { DataSource } from 'typeorm';`,
  'libs/domain/src/users/index.ts': `export { InjectPort, StranglerModule } from 'nestjs-strangler';`,
  'libs/contracts/src/users.ts': `export const users = 'users';`,
  'libs/strangler/src/index.ts': `export const InjectPort = 1, StranglerModule = 2, Router = 3, Routes = 4, policies = 5;`,
  'test/hazards/good.spec.ts': `it('runs', () => { expect([1]).toEqual([1]); });`,
};
