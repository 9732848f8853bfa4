import type { HistoryEntry } from '#strangler';
import { writeFile } from 'node:fs/promises';
import { endAllPrograms, type Program } from '../support/programs.js';
import { startNats, type TestNats } from '../support/nats.js';
import { OperatorClient } from '../support/operator.js';
import { Client, makePremises, openService, openShop, type Premises } from '../support/shop.js';
import { until } from '../support/until.js';

/*
 * A fresh shop that nobody visits, the settings as they are shipped, one word in the file. What would go wrong: the module stands in
 * `shadow` and waits for customers; or it goes on without having been looked at.
 */
const skus = Array.from({ length: 24 }, (_, i) => `IDLE-${i}`);
let nats: TestNats;
let premises: Premises;
let operator: OperatorClient;
let service: Program;

beforeAll(async () => {
  nats = await startNats();
  premises = await makePremises(nats.url);
  const shop = await openShop(premises);
  [service] = await Promise.all([openService(premises, 'inventory'), openService(premises, 'payments')]);
  operator = await OperatorClient.of(shop);
  const admin = await Client.admin(shop.url);
  await Promise.all(skus.map((sku) => admin.stock(sku, 5)));
}, 120_000);
afterAll(async () => {
  endAllPrograms();
  await premises.drop();
  await nats.stop();
});

const want = (line: string) => writeFile(premises.env['STRANGLER_CONFIG'] as string, `modules:\n${line}\n`);
const reaches = (phase: string, percent = 0) =>
  until(`inventory is ${phase} ${percent} %`, async () => {
    const status = await operator.status('inventory');
    return status.phase === phase && status.percent >= percent ? true : undefined;
  });
const arrives = (module: string) =>
  until(`${module} is extracted`, async () => {
    const status = await operator.status(module);
    return status.phase === 'extracted' ? true : undefined;
  }).catch(async (error: unknown) => {
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

it('inventory arrives, asked by the controller itself; payments, which has no row, too', async () => {
  await want('  inventory: { phase: extracted }\n  payments: { phase: extracted }');
  await Promise.all([arrives('inventory'), arrives('payments')]);

  const history = await operator.history('inventory');
  const [compared] = decidedBy(history, 'shadow');
  expect(compared?.['shadow mismatches']).toMatchObject({ state: 'pass', customers: 0 });
  expect(compared?.['shadow mismatches']?.probes).toBeGreaterThanOrEqual(200);
  const measured = decidedBy(history, 'shifting');
  expect(measured).toHaveLength(5);
  for (const { 'error rate': errors } of measured) {
    expect(errors).toMatchObject({ state: 'pass', customers: 0, confidence: 0.95 });
    expect(errors?.probes).toBeGreaterThanOrEqual(300);
  }
  const [empty] = decidedBy(await operator.history('payments'), 'shadow');
  expect(empty?.['shadow mismatches']).toMatchObject({
    state: 'not applicable',
    why: expect.stringContaining('row'),
  });
}, 180_000);

it('a service that dies and comes back, in shadow and while shifting, delays it and no more', async () => {
  const restart = async () => {
    await service.end('SIGKILL');
    service = await openService(premises, 'inventory');
  };
  await want('  inventory: { phase: monolith }');
  await reaches('monolith');
  await want('  inventory: { phase: extracted, ramp: [50, 100], probeBake: 1s }');
  await reaches('shadow');
  await restart();
  await reaches('shifting', 50);
  await restart();
  await arrives('inventory');
  const history = await operator.history('inventory');
  expect(history.filter(({ action }) => action === 'return')).toEqual([]);
}, 240_000);
