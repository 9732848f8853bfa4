import { inventory, users } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { UsersModule } from '#domain/users';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startModules, type RunningModules } from '../../../../test/support/modules.js';
import { readSample } from '../file/sample.js';
import { loadSample, type LoadProgress } from './load-sample.js';

/* See load-sample.full.spec.ts: the whole file. */
let shop: RunningModules;
let dataDir: string;

beforeEach(async () => {
  shop = await startModules([UsersModule, InventoryModule]);
  dataDir = await mkdtemp(join(tmpdir(), 'sample-'));
});
afterEach(async () => {
  await shop.stop();
  await rm(dataDir, { recursive: true });
});

const count = async (table: string) =>
  (await shop.database.query<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n;

it('brings in all users and products of the file, and says what became of its lines', async () => {
  const ports = { users: shop.port(users), inventory: shop.port(inventory) };
  const progress: LoadProgress[] = [];
  const result = await loadSample(ports, { dataDir, onProgress: (step) => progress.push(step) });
  expect(result).toEqual({ loaded: ['users', 'inventory'], report: (await readSample()).report });
  expect(await count('users.account')).toBe(949);
  expect(await count('inventory.stock_item')).toBe(2_728);
  expect(progress.at(948)).toEqual({ module: 'users', done: 949, total: 949 });
  expect(progress.at(-1)).toEqual({ module: 'inventory', done: 2_728, total: 2_728 });
});
