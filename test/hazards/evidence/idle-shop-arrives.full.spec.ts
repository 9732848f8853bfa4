import type { HistoryEntry } from 'nestjs-strangler';
import { writeFile } from 'node:fs/promises';
import { endAllPrograms, type Program } from '../../support/programs.js';
import { startNats, type TestNats } from '../../support/nats.js';
import { OperatorClient } from '../../support/operator.js';
import { Client, makeSetup, moduleNames, openService, openShop, type ShopSetup } from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * A fresh shop that nobody visits, the settings as they are shipped, one word for each module in the file. What would go wrong: a module
 * stands in `shadow` and waits for customers; or it goes on without having been looked at.
 */
const skus = Array.from({ length: 24 }, (_, i) => `IDLE-${i}`);
const others = moduleNames.filter((name) => name !== 'inventory');
let nats: TestNats;
let setup: ShopSetup;
let operator: OperatorClient;
let service: Program;

beforeAll(async () => {
  nats = await startNats();
  setup = await makeSetup(nats.url);
  const shop = await openShop(setup);
  [service] = await Promise.all([
    openService(setup, 'inventory'),
    ...others.map((name) => openService(setup, name)),
  ]);
  operator = await OperatorClient.of(shop);
  const admin = await Client.admin(shop.url);
  await Promise.all(skus.map((sku) => admin.stock(sku, 5)));
}, 120_000);
afterAll(async () => {
  endAllPrograms();
  await setup.drop();
  await nats.stop();
});

const want = (line: string) => writeFile(setup.env['STRANGLER_CONFIG'] as string, `modules:\n${line}\n`);
/** Looked up in the database: each question to the admin API is a call to `users`, as if somebody were there. */
const placeOf = async (module: string) =>
  (
    await setup.query<{ phase: string; percent: number }>(
      'select phase, percent from strangler.module where module = $1',
      [module],
    )
  )[0];
const reaches = (phase: string, percent = 0) =>
  until(`inventory is ${phase} ${percent} %`, async () => {
    const place = await placeOf('inventory');
    return place?.phase === phase && place.percent >= percent ? true : undefined;
  });
/** Waits for as long as a flip may take. */
const arrives = (module: string) =>
  until(
    `${module} is extracted`,
    async () => ((await placeOf(module))?.phase === 'extracted' ? true : undefined),
    120_000,
  ).catch(async (error: unknown) => {
    throw new Error(`${(error as Error).message}: ${JSON.stringify(await operator.status(module), null, 1)}`);
  });
type Gates = Record<
  string,
  { probes?: number; customers?: number; state: string; confidence?: number | null }
>;
/** What the steps of a phase were decided by. */
const decidedBy = (history: HistoryEntry[], phase: string): Gates[] =>
  history
    .filter(({ from, figures }) => from === phase && 'bake' in figures)
    .map(({ figures }) => figures as Gates);

it('all modules arrive, asked by the controller itself; a service that dies in any phase and comes back delays it and no more', async () => {
  const restart = async () => {
    await service.end('SIGKILL');
    service = await openService(setup, 'inventory');
  };
  const all = others.map((name) => `  ${name}: extracted`);
  // The file lets it go no further than where the service is to die.
  await want([...all, '  inventory: dual-write'].join('\n'));
  await reaches('dual-write');
  await restart();
  await want([...all, '  inventory: extracted'].join('\n'));
  const arrived = Promise.all(others.map(arrives));
  await reaches('shadow');
  await restart();
  await reaches('shifting', 25);
  await restart();
  await Promise.all([arrived, arrives('inventory')]);

  const history = await operator.history('inventory');
  expect(history.filter(({ action }) => action === 'return')).toEqual([]);
  const [compared] = decidedBy(history, 'shadow');
  expect(compared?.['shadow mismatches']).toMatchObject({ state: 'pass', customers: 0 });
  expect(compared?.['shadow mismatches']?.probes).toBeGreaterThanOrEqual(200);
  const measured = decidedBy(history, 'shifting');
  expect(measured).toHaveLength(5);
  for (const { 'error rate': errors } of measured) {
    expect(errors).toMatchObject({ state: 'pass', customers: 0, confidence: 0.95 });
    expect(errors?.probes).toBeGreaterThanOrEqual(300);
  }
  // Without a row there is nothing to ask about, and nothing to wait for.
  for (const module of ['payments', 'orders']) {
    const [empty] = decidedBy(await operator.history(module), 'shadow');
    expect(empty?.['shadow mismatches']).toMatchObject({
      state: 'not applicable',
      why: expect.stringContaining('row'),
    });
  }
}, 240_000);
