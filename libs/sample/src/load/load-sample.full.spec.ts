import { UnavailableError } from 'nestjs-strangler/contract';
import { inventory, users } from '#contracts';
import { InventoryModule } from '#domain/inventory';
import { UsersModule } from '#domain/users';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startModules, type RunningModules } from '../../../../test/support/modules.js';
import { line } from '../file/line.fixture.js';
import { readSample, sampleOf } from '../file/sample.js';
import { loadSample, type LoadProgress, type SamplePorts } from './load-sample.js';
import { readSamplePassword } from './password.js';

const small = sampleOf(
  Array.from({ length: 24 }, (_, i) => line({ code: String(10_000 + i), customer: String(i), price: i + 1 })),
);

describe('loading the sample', () => {
  let shop: RunningModules;
  let ports: SamplePorts;
  let dataDir: string;

  beforeEach(async () => {
    shop = await startModules([UsersModule, InventoryModule]);
    ports = { users: shop.port(users), inventory: shop.port(inventory) };
    dataDir = await mkdtemp(join(tmpdir(), 'sample-'));
  });

  afterEach(async () => {
    await shop.stop();
    await rm(dataDir, { recursive: true });
  });

  const count = async (table: string) =>
    (await shop.database.query<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n;

  /** The ports, but one call of the given operation fails with `error`. */
  const failing = (after: number, error: Error): SamplePorts => {
    let calls = 0;
    const putProduct: SamplePorts['inventory']['putProduct'] = (...call) =>
      calls++ === after ? Promise.reject(error) : ports.inventory.putProduct(...call);
    return { ...ports, inventory: { ...ports.inventory, putProduct } };
  };

  it('brings in all users and products, and says what became of the lines', async () => {
    const progress: LoadProgress[] = [];
    const onProgress = (step: LoadProgress) => progress.push(step);
    const result = await loadSample(ports, { dataDir, onProgress, sample: small });
    expect(result).toEqual({ loaded: ['users', 'inventory'], report: small.report });
    expect(await count('users.account')).toBe(small.users.length);
    expect(await count('inventory.stock_item')).toBe(24);
    expect(progress.at(small.users.length - 1)).toEqual({
      ...{ module: 'users', done: small.users.length, total: small.users.length },
    });
    expect(progress.at(-1)).toEqual({ module: 'inventory', done: 24, total: 24 });
  });

  it('brings in the whole file', async () => {
    const progress: LoadProgress[] = [];
    const result = await loadSample(ports, { dataDir, onProgress: (step) => progress.push(step) });
    expect(result).toEqual({ loaded: ['users', 'inventory'], report: (await readSample()).report });
    expect(await count('users.account')).toBe(949);
    expect(await count('inventory.stock_item')).toBe(2_728);
    expect(progress.at(948)).toEqual({ module: 'users', done: 949, total: 949 });
    expect(progress.at(-1)).toEqual({ module: 'inventory', done: 2_728, total: 2_728 });
  });

  it('gives every customer a password that is kept for the replay', async () => {
    await loadSample(ports, { dataDir, sample: small });
    const { password = '' } = (await readSamplePassword(dataDir)) ?? {};
    for (const { email } of [small.users[0], small.users.at(-1)] as { email: string }[]) {
      await expect(ports.users.authenticate({ email, password })).resolves.toHaveProperty('accessToken');
    }
  });

  it('does nothing at a later start', async () => {
    await loadSample(ports, { dataDir, sample: small });
    expect(await loadSample(ports, { dataDir, sample: small })).toEqual({ loaded: [] });
  });

  it('fills only the module that is empty, one that has moved out for example', async () => {
    await loadSample(ports, { dataDir, sample: small }, ['inventory']);
    expect(await count('users.account')).toBe(0);
    expect((await loadSample(ports, { dataDir, sample: small })).loaded).toEqual(['users']);
  });

  it('goes on after an interruption, and does not put back what was sold meanwhile', async () => {
    const broken = loadSample(failing(20, new Error('crash')), { dataDir, sample: small });
    await expect(broken).rejects.toThrow('crash');
    const [first] = small.products;
    const lines = [{ sku: first?.sku ?? '', quantity: 3 }];
    await ports.inventory.reserve({ orderId: '01939d6e-0000-7000-8000-000000000001', lines });

    expect((await loadSample(ports, { dataDir, sample: small })).loaded).toEqual(['inventory']);
    expect(await count('inventory.stock_item')).toBe(24);
    const product = await ports.inventory.getProduct({ sku: first?.sku ?? '' });
    expect(product).toMatchObject({ onHand: (first?.onHand ?? 0) - 3, reserved: 3 });
  });

  it('is not taken for complete while an earlier row is missing, even if the last was first to be asked for', async () => {
    await expect(loadSample(failing(22, new Error('crash')), { dataDir, sample: small })).rejects.toThrow(
      'crash',
    );
    const last = small.products.at(-1)?.sku ?? '';
    await expect(ports.inventory.getProduct({ sku: last })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('waits for a module that is away for a moment', async () => {
    await loadSample(failing(5, new UnavailableError('inventory', 'restarting')), { dataDir, sample: small });
    expect(await count('inventory.stock_item')).toBe(24);
  });

  it('makes everything once when two processes start at once', async () => {
    await Promise.all([1, 2, 3].map(() => loadSample(ports, { dataDir, sample: small })));
    expect(await count('users.account')).toBe(25);
    const stock = await shop.database.query(
      'select sku, received::int as "onHand" from inventory.stock_item order by sku',
    );
    expect(stock).toEqual(small.products.map(({ sku, onHand }) => ({ sku, onHand })));
  });

  it('takes customers that another data folder has loaded as present', async () => {
    await ports.users.importUser({
      id: '01939d6e-0000-7000-8000-000000000002',
      email: small.users[0]?.email ?? '',
      name: 'Earlier',
      role: 'user',
      profile: {},
      passwordHash: '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA',
    });
    await loadSample(ports, { dataDir, sample: small });
    expect(await count('users.account')).toBe(25);
  });
});
