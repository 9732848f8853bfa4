import type { ModuleStatus } from 'nestjs-strangler';
import { accountOf } from '#sample';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { builtWithout } from '../support/built-without.js';
import { startNats, type TestNats } from '../support/nats.js';
import { endAllPrograms, startProgram } from '../support/programs.js';
import { runCli, type CliRun } from '../support/run-cli.js';
import {
  Client,
  makeSetup,
  opened,
  openService,
  openShop,
  type OpenShop,
  type ShopSetup,
} from '../support/shop.js';
import { until } from '../support/until.js';

/* docs/runbook.md, followed by hand: `payments` leaves, comes back from each phase before the last, and leaves for good. */
jest.setTimeout(180_000);

const onHand = 1_000;
let nats: TestNats;
let setup: ShopSetup;
let shop: OpenShop;
let customer: Client;

beforeAll(async () => {
  nats = await startNats();
  setup = await makeSetup(nats.url);
  await setup.steerByHand();
  shop = await openShop(setup);
  await (await Client.admin(shop.url)).stock('LAMP', onHand);
  customer = await Client.register(shop.url);
});
afterAll(async () => {
  endAllPrograms();
  await setup.drop();
  await nats.stop();
});

const strangler = (...args: string[]): Promise<CliRun> => {
  const { ADMIN_EMAIL = '', ADMIN_PASSWORD = '' } = setup.env;
  return runCli(args, { ADMIN_URL: shop.adminUrl, SHOP_URL: shop.url, ADMIN_EMAIL, ADMIN_PASSWORD });
};

/** Runs the CLI, which must do as it is told. */
async function does(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await strangler(...args);
  expect({ args, code, stderr }).toMatchObject({ args, code: 0 });
  return stdout;
}

const status = async () => JSON.parse(await does('status', 'payments', '--json')) as ModuleStatus;
const arrives = (phase: string) => does('status', 'payments', '--wait-for', phase, '--timeout', '120');
const reaches = (share: number) =>
  until(`${share} % are there`, async () => {
    const { percent, phase, transition } = await status();
    return phase === 'shifting' && percent === share && !transition ? true : undefined;
  });

/** `advance`, as soon as the rows from before are copied. */
async function advances(to: string): Promise<void> {
  await until(`it can advance to ${to}`, async () => {
    const { code, stderr } = await strangler('advance', 'payments');
    if (code !== 0)
      expect(stderr).toMatch(/^refused: the gate "(backfill|lag|degraded)" cannot be overridden/);
    return code === 0 ? true : undefined;
  });
  await arrives(to);
}

async function advancesToShadow(): Promise<void> {
  await advances('dual-write');
  await advances('shadow');
}

/** Customers order, look at what they paid, and one of them cancels; then the books must be right, on each side that has a copy. */
async function ordersStayRight(): Promise<void> {
  const ids = await Promise.all(Array.from({ length: 8 }, () => orderOne()));
  const cancelled = await customer.send('POST', `/api/v1/orders/${ids[0]}/cancel`);
  expect(cancelled.status).toBe(200);
  const { phase } = await status();
  const sides = { monolith: [setup.urls.shop], decommissioned: [setup.urls.payments] }[phase as string];
  for (const payments of sides ?? [setup.urls.shop, setup.urls.payments]) await booksAreRight(payments);
}

async function orderOne(): Promise<string> {
  const { status: code, body } = await customer.order(randomUUID(), { LAMP: 1 });
  expect([code, body]).toMatchObject([201, { status: 'confirmed' }]);
  const payment = await customer.send('GET', `/api/v1/orders/${body.id}/payment`);
  expect(payment.body).toMatchObject({ orderId: body.id, status: 'charged' });
  return body.id;
}

/** `ack: both`: what was answered is on both sides, so nothing need be waited for but open sagas. */
async function booksAreRight(payments: string): Promise<void> {
  const urls = { inventory: setup.urls.shop, orders: setup.urls.shop, payments };
  const { violations } = await until('no saga is open', async () => {
    const account = await accountOf(urls, { received: new Map([['LAMP', onHand]]) });
    return account.violations.some(({ rule }) => rule === 'open_saga') ? undefined : account;
  });
  expect(violations).toEqual([]);
}

const triggers = () =>
  setup.query(
    `select from pg_trigger t join pg_class c on c.oid = tgrelid where c.relnamespace = 'payments'::regnamespace and not tgisinternal`,
  );
const tablesIn = (schema: string) =>
  setup.query<{ name: string }>('select tablename as name from pg_tables where schemaname = $1 order by 1', [
    schema,
  ]);

async function comesBack(): Promise<void> {
  await does('rollback', 'payments');
  await arrives('monolith');
  expect(await triggers()).toEqual([]);
  await ordersStayRight();
}

it('monolith: the plan says what would refuse it, and then what it will do', async () => {
  await ordersStayRight();
  expect(await does('plan', 'payments')).toMatch(
    /in the way now: .*the service of payments is not there: npm run start:extracted -- payments/,
  );
  await openService(setup, 'payments');
  expect(await does('plan', 'payments')).toMatch(/dry run: nothing is done[^]*1\. monolith -> dual-write/);
});

it('monolith: what cannot be is refused, with what would make it possible', async () => {
  const early = await strangler('decommission', 'payments', '--confirm', 'payments');
  expect([early.code, early.stderr]).toEqual([
    1,
    'refused: payments is in phase monolith; only an extracted module is decommissioned; first: npm run -s strangler -- run payments\n',
  ]);
  const slip = await strangler('decommission', 'payments', '--confirm', 'orders');
  expect([slip.code, slip.stderr]).toEqual([2, expect.stringContaining('--confirm payments')]);
  expect((await strangler('shift', 'payments', '25')).stderr).toContain('run it to shadow first');
});

it('dual-write, and back', async () => {
  await advances('dual-write');
  expect(await triggers()).not.toEqual([]);
  await ordersStayRight();
  await comesBack();
});

it('shadow, and back', async () => {
  await advancesToShadow();
  await ordersStayRight();
  // What was read in the second in which the step began does not count for it.
  await until('reads were compared', async () => {
    await orderOne();
    return (await status()).shadow.compared > 0 ? true : undefined;
  });
  expect((await status()).shadow.mismatches).toBe(0);
  expect(await does('mismatches', 'payments')).toMatch(/no|none/i);
  await comesBack();
});

it('shifting: some of the keys, more of them, none; and back', async () => {
  await advancesToShadow();
  await advances('shifting');
  await does('shift', 'payments', '25');
  await reaches(25);
  await ordersStayRight();
  await does('shift', 'payments', '50');
  await until('it is watched first', async () =>
    /of watching|calls of the new side/.test((await status()).waitingFor ?? '') ? true : undefined,
  );
  await does('advance', 'payments');
  await reaches(50);
  await ordersStayRight();
  await does('shift', 'payments', '0');
  await reaches(0);
  await ordersStayRight();
  await comesBack();
});

it('extracted, without waiting for traffic; back, and out again', async () => {
  const how = ['--ramp', '25,50', '--bake', '0s', '--min-samples', '0'];
  expect(await does('run', 'payments', ...how)).toContain('ramp 25, 50 %');
  await arrives('extracted');
  await ordersStayRight();
  await comesBack();
  await does('run', 'payments');
  await arrives('extracted');
  await ordersStayRight();
});

it('extracted: a module that stands in the file is steered by the file', async () => {
  await writeFile(setup.env.STRANGLER_CONFIG as string, 'modules:\n  payments: { phase: extracted }\n');
  await until('the file was read', async () => ((await status()).wanted.by === 'file' ? true : undefined));
  const { code, stderr } = await strangler('shift', 'payments', '50');
  expect([code, stderr]).toEqual([1, expect.stringMatching(/steered by .*, line 2; change it there/)]);
  await setup.steerByHand();
  await until('the file was read', async () =>
    (await status()).wanted.by === 'operator' ? true : undefined,
  );
});

it('decommissioned: the tables are moved aside, and orders go on', async () => {
  expect(await does('verify', 'payments')).toContain('the same on both sides');
  await until('it is allowed', async () => {
    const { code, stderr } = await strangler('decommission', 'payments', '--confirm', 'payments');
    if (code !== 0) expect(stderr).toMatch(/^refused: needs no process that runs the code of payments/);
    return code === 0 ? true : undefined;
  });
  await arrives('decommissioned');
  expect(await tablesIn('payments')).toEqual([]);
  expect((await tablesIn('payments_retired')).map(({ name }) => name)).toEqual([
    'idempotency',
    'migrations',
    'payment',
    'provider_ledger',
  ]);
  await ordersStayRight();
  for (const verb of ['run', 'advance', 'rollback']) {
    expect((await strangler(verb, 'payments')).stderr).toMatch(/^refused: payments is decommissioned/);
  }
});

it('decommissioned: the monolith starts without the code of the module, and orders go on', async () => {
  await shop.end();
  const built = await builtWithout('libs/domain/src/payments');
  shop = await opened(startProgram(built.entry('apps/monolith/src/main.js'), [], setup.env));
  customer = customer.at(shop.url);
  await ordersStayRight();
  expect((await status()).phase).toBe('decommissioned');
  await shop.end();
  await built.remove();
  shop = await openShop(setup);
  customer = customer.at(shop.url);
});

it('decommissioned: what was moved aside is dropped when that is said', async () => {
  await does('decommission', 'payments', '--confirm', 'payments', '--purge');
  expect(await tablesIn('payments_retired')).toEqual([]);
  await ordersStayRight();
  expect(await does('history', 'payments')).toContain('payments_retired is dropped');
});
