import type { Finding } from 'nestjs-strangler';
import { randomUUID } from 'node:crypto';
import { Database } from '#strangler/database/database';
import { startNats, type TestNats } from '../support/nats.js';
import { OperatorClient } from '../support/operator.js';
import { startPgBouncer, type PgBouncer } from '../support/pgbouncer.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { endAllPrograms, startProgram } from '../support/programs.js';
import { Client, makeSetup, openService, openShop, type ShopSetup } from '../support/shop.js';
import { pause, until } from '../support/until.js';

/*
 * The application's connections go through a pgbouncer in transaction mode, as Debian has it: each transaction may get another session. What
 * would go wrong: two relays that both lead, sessions that store in the role `origin`, times of another zone.
 */

let nats: TestNats;
let pooler: PgBouncer;
let databases: Record<'shop' | 'inventory', TestDatabase>;
let setup: ShopSetup;
let env: Record<string, string>;

beforeAll(async () => {
  nats = await startNats();
  databases = { shop: await freshDatabase(), inventory: await freshDatabase() };
  pooler = await startPgBouncer(databases.shop.url);
  setup = await makeSetup(nats.url, databases);
  env = {
    ...setup.env,
    DATABASE_URL: pooler.through(databases.shop.url),
    INVENTORY_DATABASE_URL: pooler.through(databases.inventory.url),
  };
}, 120_000);
afterAll(async () => {
  endAllPrograms();
  await pooler.stop();
  await setup.drop();
  await nats.stop();
});

const direct = () => ({
  ...env,
  DIRECT_DATABASE_URL: databases.shop.url,
  DIRECT_INVENTORY_DATABASE_URL: databases.inventory.url,
});
const refused = async (settings: Record<string, string>) => {
  const program = startProgram('apps/monolith/src/main.js', [], settings);
  expect(await program.ended()).toBe(1);
  return program.output();
};
/** In the database, for a role is shared by all tests. */
const set = async (settings: Record<string, string>) => {
  for (const database of Object.values(databases)) {
    const name = new URL(database.url).pathname.slice(1);
    for (const [setting, value] of Object.entries(settings))
      await database.query(`alter database ${name} set ${setting} = '${value}'`);
  }
  // Sessions that are there already have what was set before.
  await pooler.restart();
};

it('a shop that knows no way to the server itself does not start, and says which setting names it', async () => {
  expect(await refused(env)).toContain(
    'DATABASE_URL leads through a pooler, which gives each transaction another session: set DIRECT_DATABASE_URL to the server itself',
  );
  expect(await refused({ ...env, DIRECT_DATABASE_URL: env['DATABASE_URL']! })).toContain(
    'DIRECT_DATABASE_URL leads through a pooler',
  );
});

it('a pooler that drops what it does not know: the toolkit says that its sessions are not its own, and what they are', async () => {
  const dropping = await startPgBouncer(databases.shop.url, ['ignore_startup_parameters = options']);
  const database = new Database(dropping.through(databases.shop.url));
  try {
    await expect(database.assertSessions()).rejects.toThrow(
      /cannot work over this way to the database: it leads through a pooler, .*; name the server itself; .*idle_in_transaction_session_timeout is 0 and not 15000/,
    );
  } finally {
    await database.close();
    await dropping.stop();
  }
});

it('a shop whose two ways lead to two databases does not start', async () => {
  const settings = { ...direct(), DIRECT_DATABASE_URL: databases.inventory.url };
  expect(await refused(settings)).toMatch(
    /DATABASE_URL leads to the database \S+, and DIRECT_DATABASE_URL to \S+: set both/,
  );
});

it('sessions that are not as they have to be: all that is wrong is said, with what sets it right', async () => {
  await set({ synchronous_commit: 'off', TimeZone: 'Europe/Berlin' });
  const said = await refused(direct());
  expect(said).toMatch(/the sessions behind DATABASE_URL are not as they have to be: /);
  expect(said).toMatch(/synchronous_commit is off, .*: alter role "\w+" set synchronous_commit = 'on'/);
  expect(said).toMatch(/alter role "\w+" set idle_in_transaction_session_timeout = '15s'/);
});

/** Most that one process has at the server beside the pooler's (docs/operations.md). */
const budget = { monolith: 20, service: 9 };

it('a module moves out while customers order, and the pooler restarts: each order is done once', async () => {
  await set({
    synchronous_commit: 'on',
    statement_timeout: '10s',
    idle_in_transaction_session_timeout: '15s',
  });
  setup = { ...setup, env: direct() };
  const shop = await openShop(setup);
  await openService(setup, 'inventory');
  const admin = await Client.admin(shop.url);
  await admin.stock('POOLED', 10_000);
  const customers = await Promise.all(Array.from({ length: 4 }, () => Client.register(shop.url)));
  let over = false;
  let done = 0;
  const buy = async (customer: Client) => {
    while (!over) {
      const key = randomUUID();
      await until('an order is answered', async () => {
        const { status } = await customer.order(key, { POOLED: 1 }).catch(() => ({ status: 503 }));
        if (status < 500) expect(status).toBe(201);
        else await pause(100);
        return status < 500 || undefined;
      });
      done += 1;
    }
  };
  const buying = customers.map(buy);
  await until('orders are done', () => done > 10 || undefined);
  await setup.extract(['inventory']);
  await until('it moves', async () => {
    const [row] = await setup.query<{ phase: string }>(
      `select phase from strangler.module where module = 'inventory'`,
    );
    return row?.phase !== 'monolith' || undefined;
  });
  await pooler.restart();
  await setup.arrived();
  const before = done;
  await pooler.restart();
  await until('orders are done by the service', () => done > before + 10 || undefined);
  over = true;
  await Promise.all(buying);
  const [left] = await databases.inventory.query<{ left: number }>(
    `select on_hand::int as left from inventory.stock_item where sku = 'POOLED'`,
  );
  expect(left?.left).toBe(10_000 - done);
  for (const [database, most] of [
    [databases.shop, budget.monolith],
    [databases.inventory, budget.service],
  ] as const) {
    const [held] = await database.query<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity where datname = current_database() and application_name ~ '^strangler ' and pid <> pg_backend_pid()`,
    );
    expect(held?.count).toBeLessThanOrEqual(most);
  }
}, 180_000);

it('sessions that somebody changes under a running shop: doctor says so, and what sets it right', async () => {
  setup = { ...setup, env: direct() };
  const operator = await OperatorClient.of(await openShop(setup));
  const found = async () => {
    const { body } = await operator.get<{ items: Finding[] }>('/doctor');
    return body.items.filter(({ problem }) => problem.includes('DATABASE_URL'));
  };
  expect(await found()).toEqual([]);
  await set({ statement_timeout: '0' });
  expect(await found()).toMatchObject([
    {
      problem: expect.stringMatching(
        /statement_timeout is 0, .*: alter role "\w+" set statement_timeout = '10s'/,
      ),
      remedy: 'do what it says, and have the pooler make its connections anew',
    },
  ]);
  await set({ statement_timeout: '10s' });
  expect(await found()).toEqual([]);
}, 90_000);
