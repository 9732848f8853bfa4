import { accountOf } from '#sample';
import { endAllPrograms } from './programs.js';
import { startNats, type TestNats } from './nats.js';
import {
  Client,
  makeSetup,
  openService,
  openShop,
  type ModuleName,
  type OpenShop,
  type ShopSetup,
} from './shop.js';
import { until } from './until.js';

/*
 * A process dies (kill -9) before and after every step of placing and of cancelling an order. Each process that dies
 * is followed by one that dies at the next boundary, so what one leaves behind is taken up by others that die as well.
 * At the end a sound process runs: every order is there once or not at all, no saga is open, stock and money add up.
 */
const placing = [
  'users.getUser',
  'inventory.reserve',
  'open',
  'payments.charge',
  'confirm',
  'inventory.commit',
];
const cancelling = ['decide', 'payments.refund', 'inventory.release'];
/** In one transaction `after` a step is `before` the next: nothing is stored in between. */
const boundaries = (saga: string, steps: readonly string[], moments: CrashPlan['moments']) => {
  return moments === 'both'
    ? steps.flatMap((step) => [`${saga}:${step}:before`, `${saga}:${step}:after`])
    : [`${saga}:${steps[0]}:before`, ...steps.map((step) => `${saga}:${step}:after`)];
};

const opening = 1_000;

/** Who is elsewhere, who dies, and when (`both`: before and after each step). */
export interface CrashPlan {
  away: readonly ModuleName[];
  dies: 'shop' | 'orders';
  moments: 'both' | 'after';
}

/** Crashes at every boundary in turn, then checks the account. */
export function crashAtEveryBoundary({ away, dies, moments }: CrashPlan): void {
  let nats: TestNats;
  let setup: ShopSetup;

  beforeAll(async () => {
    nats = await startNats();
    setup = await makeSetup(nats.url);
    await setup.extract(away);
  });

  afterAll(async () => {
    endAllPrograms();
    await setup.drop();
    await nats.stop();
  });

  it('loses no order, doubles none and leaves none stuck', async () => {
    const services = await Promise.all(
      away.filter((name) => name !== dies).map((name) => openService(setup, name)),
    );
    const steady = dies === 'orders' ? await openShop(setup) : undefined;
    const first = dies === 'orders' ? await openService(setup, 'orders') : await openShop(setup);
    await setup.arrived();
    const url = steady?.url ?? (first as OpenShop).url;
    await (await Client.admin(url)).stock('A-1', opening);
    const client = await Client.register(url);
    const toCancel = await Promise.all(
      boundaries('cancel', cancelling, moments).map(
        async (_, i) => (await client.order(`old-${i}`, { 'A-1': 1 })).body.id,
      ),
    );
    await first.end();

    const crash = async (at: string, act: (customer: Client) => Promise<unknown>) => {
      const starting = dies === 'orders' ? openService(setup, 'orders', at) : openShop(setup, at);
      const program = await starting.catch(unlessKilled);
      // Dead already: at this boundary, when it took up what the one before left behind.
      if (!program) return;
      const customer = client.at(steady?.url ?? (program as OpenShop).url);
      await until(`death at ${at}`, async () => {
        // Whoever asked a service that died waits for its answer until the deadline: we need not.
        await Promise.race([act(customer).catch(() => undefined), program.ended()]);
        return program.process.signalCode ?? undefined;
      });
    };
    const placed = boundaries('place', placing, moments);
    for (const at of placed) await crash(at, (customer) => customer.order(at, { 'A-1': 2 }));
    for (const [i, at] of boundaries('cancel', cancelling, moments).entries()) {
      await crash(at, (customer) => customer.send('POST', `/api/v1/orders/${toCancel[i]}/cancel`));
    }

    const sound = dies === 'orders' ? await openService(setup, 'orders') : await openShop(setup);
    const customer = client.at(steady?.url ?? (sound as OpenShop).url);
    for (const key of placed) await settled(() => customer.order(key, { 'A-1': 2 }), 201);
    for (const id of toCancel) await settled(() => customer.send('POST', `/api/v1/orders/${id}/cancel`), 200);
    const account = await until('the account is true', async () => {
      const found = await accountOf(databases());
      return found.violations.length === 0 ? found : undefined;
    });
    expect(account.totals.orders).toEqual({ confirmed: placed.length, cancelled: toCancel.length });
    expect(account.totals.pieces).toEqual({
      onHand: opening - 2 * placed.length,
      reserved: 0,
      sold: 2 * placed.length,
    });
    await Promise.all([sound, ...(steady ? [steady] : []), ...services].map((program) => program.end()));
  }, 300_000);

  const databases = () => ({
    inventory: setup.databaseOf('inventory'),
    payments: setup.databaseOf('payments'),
    orders: setup.databaseOf('orders'),
  });
}

function unlessKilled(error: unknown): undefined {
  if (!String(error).includes('ended (SIGKILL)')) throw error;
}

/** Repeats a request as a careful client does, until it has its final answer. */
async function settled(
  send: () => Promise<{ status: number; body: unknown }>,
  wanted: number,
): Promise<void> {
  const { status, body } = await until('a final answer', async () => {
    const answer = await send();
    return [503, 504].includes(answer.status) ? undefined : answer;
  });
  expect({ status, body }).toMatchObject({ status: wanted });
}
