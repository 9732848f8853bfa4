import type { MismatchEntry } from '#strangler/calls/shadow/shadow-store';
import { until } from '../../support/until.js';
import { Client } from '../../support/shop.js';
import { Scene } from '../support/scene.js';

/*
 * Answers are compared with those of a service that hangs, or whose copy is wrong. What would go wrong: a customer waits for it,
 * gets its error or its answer; or nobody hears of it; or a service that was away for a moment blocks the move for good.
 */
let scene: Scene;
let reader: Client;

beforeAll(async () => {
  scene = await Scene.open();
  await scene.goTo('shadow');
  reader = await Client.register(scene.shop.url);
}, 120_000);
afterAll(() => scene.close());

const sku = () => scene.one('moves');
interface Shown {
  description: string;
}
async function read(): Promise<void> {
  const { status, body } = await reader.send<Shown>('GET', `/api/v1/products/${sku()}`);
  expect({ status, description: body.description }).toEqual({ status: 200, description: sku() });
}
const kept = async () =>
  (await scene.get<{ items: MismatchEntry[] }>('/modules/inventory/mismatches')).body.items;

/** Customers read on until there is one that says so. */
const readUntil = (what: string, holds: (entry: MismatchEntry) => boolean): Promise<MismatchEntry> =>
  until(what, async () => {
    await read();
    return (await kept()).find(holds);
  });

it('the service hangs: every customer has the answer of the owner; what could not be compared is no mismatch', async () => {
  scene.service.process.kill('SIGSTOP');
  try {
    // All of them are answered while it hangs.
    for (let i = 0; i < 100; i++) await read();
    await until('it is counted', async () => {
      await read();
      const { shadow } = await scene.status();
      return shadow.customers.unavailable > 0 || (await scene.status()).degraded ? true : undefined;
    });
  } finally {
    scene.service.process.kill('SIGCONT');
  }
  expect(await kept()).toEqual([]);
}, 120_000);

it('its copy is wrong: customers have the right answer, and the differing field is shown', async () => {
  await scene.until('it has caught up', ({ degraded, lagMs }) => !degraded && lagMs === 0);
  await scene.on(
    'extracted',
    `begin; select set_config('strangler.applying', 'inventory', true);
     update inventory.stock_item set description = 'wrong' where sku = '${sku()}'; commit`,
  );
  const entry = await readUntil('it is kept', ({ differences }) =>
    differences.some(({ extracted }) => extracted === 'wrong'),
  );
  expect(entry.differences).toEqual([{ path: 'description', monolith: sku(), extracted: 'wrong' }]);
  await scene.until('the gate sees it', ({ shadow }) => shadow.customers.mismatches > 0);

  // What was read last may be compared only now.
  await until('nothing is kept', async () => {
    await scene.act('mismatches', { clear: true });
    const { shadow } = await scene.status();
    return (await kept()).length === 0 && shadow.mismatches === 0 ? true : undefined;
  });
}, 120_000);
