import { callers, calls, contracts } from '#contracts';
import { natsAuthorization } from '#platform';
import { natsPermissions, Subjects } from 'nestjs-strangler';
import { connect, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  privateKeyOf,
  publicTextOf,
  signCaller,
  type CallerClaims,
} from '#strangler/nats/callers/caller-token';
import { startNats, type TestNats } from '../../support/nats.js';
import { freshDatabase, type TestDatabase } from '../../support/postgres.js';
import { endAllPrograms } from '../../support/programs.js';
import {
  Client,
  makeSetup,
  moduleNames,
  openGateway,
  openService,
  openShop,
  type ModuleName,
  type OpenShop,
  type ShopSetup,
} from '../../support/shop.js';
import { until } from '../../support/until.js';

/*
 * Whoever has taken over one service has its NATS password, its database and so its key, and hears its calls. He asks what only others
 * may ask: makes an admin, places somebody's order, gives money back, reads accounts. And the same with a login at NATS that may say
 * all: there the modules are all that stands in his way.
 */
const subjects = new Subjects();

let folder: string;
let nats: TestNats;
let setup: ShopSetup;
let own: TestDatabase;
let gateway: OpenShop;
let customer: Client;
let order: string;
let all: NatsConnection;
/** A call that orders made, as payments heard it. */
let heard: Msg;
/** The database of each service. */
let peers: ReadonlyMap<string, string>;

const at = (user: string): string => nats.url.replace('//', `//${user}:${user}@`);
const of = (who: string): ShopSetup => ({ ...setup, env: { ...setup.env, NATS_URL: at(`shop.${who}`) } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nats-'));
  const logins = natsPermissions(subjects, contracts, calls, callers).map((may) => ({
    ...{ name: may.name, password: may.name, may },
  }));
  const config = join(folder, 'nats.conf');
  await writeFile(config, natsAuthorization([{ name: 'all', password: 'all' }, ...logins]));
  [nats, own] = await Promise.all([startNats('-c', config), freshDatabase()]);
  setup = await makeSetup(nats.url);
  await setup.extract(moduleNames);
  [gateway] = await Promise.all([
    openGateway(of('gateway'), own.url),
    openShop(of('monolith')),
    ...moduleNames.map((name) => openService(of(name), name)),
  ]);
  await setup.arrived();
  all = await connect({ servers: nats.url, user: 'all', pass: 'all' });
  await until('every program has said its key', async () => {
    const rows = await setup.query<{ program: string }>('select distinct program from strangler.caller_key');
    return rows.length === moduleNames.length + 2 ? true : undefined;
  });
  const ear = all.subscribe('shop.rpc.payments.>', { max: 1 });
  customer = await until('the gateway lets people in', () =>
    Client.register(gateway.url).catch(() => undefined),
  );
  const admin = await Client.admin(gateway.url);
  await admin.stock('F-1', 10);
  const placed = await customer.order('first', { 'F-1': 1 });
  expect([placed.status, placed.headers.get('x-served-by')]).toEqual([
    201,
    'inventory=extracted, orders=extracted, payments=extracted, users=extracted',
  ]);
  order = placed.body.id;
  for await (const message of ear) heard = message;
  const rows = await setup.query<{ module: string; peer: string }>(
    'select module, peer from strangler.ownership',
  );
  peers = new Map(rows.map(({ module, peer }) => [module, peer]));
});
afterAll(async () => {
  await all.close();
  endAllPrograms();
  await nats.stop();
  await Promise.all([setup.drop(), own.drop(), rm(folder, { recursive: true })]);
});

/** What nobody but the API or a module that works for it asks, and an input that would do. */
const wanted = (): [ModuleName, string, object][] => {
  const user = { id: randomUUID(), email: `${randomUUID()}@shop.example`, name: 'Eve' };
  const items = [{ sku: 'F-1', quantity: 1 }];
  return [
    ['users', 'importUser', { ...user, role: 'admin', passwordHash: 'x', profile: {} }],
    ['users', 'setRole', { id: customer.id, role: 'admin' }],
    ['users', 'getUser', { id: customer.id }],
    ['users', 'listUsers', {}],
    ['users', 'rotateKeys', { endTokens: true }],
    [
      'inventory',
      'putProduct',
      { sku: 'F-1', description: 'x', price: { amount: 1, currency: 'GBP' }, onHand: 9 },
    ],
    ['inventory', 'reserve', { orderId: randomUUID(), items }],
    ['payments', 'refund', { orderId: order }],
    ['payments', 'getPayment', { orderId: order }],
    [
      'payments',
      'charge',
      { orderId: randomUUID(), amount: { amount: 1, currency: 'GBP' }, token: 'tok_ok' },
    ],
    ['orders', 'place', { userId: customer.id, items, payment: { token: 'tok_ok' } }],
    ['orders', 'cancel', { userId: customer.id, id: order }],
    ['orders', 'listAllOrders', {}],
    ['orders', 'findOrder', { id: order }],
  ];
};

interface Identity {
  shop: string;
  database: string;
  kid: string;
  key: ReturnType<typeof privateKeyOf>;
}

/** What whoever has a service finds in its database. */
async function takenFrom(module: ModuleName): Promise<Identity> {
  const url = setup.databaseOf(module);
  const [row] = await setup.on<{ kid: string; privateKey: string; database: string }>(
    url,
    `select kid::text, private_key as "privateKey", strangler.database_id()::text as database from strangler.own_key`,
  );
  const [shop] = await setup.query<{ id: string }>('select strangler.database_id()::text as id');
  return { shop: shop!.id, database: row!.database, kid: row!.kid, key: privateKeyOf(row!.privateKey) };
}

const heardOf = 'with a call that was heard';

/** Every way to say who calls that is not the truth. */
async function lies(
  taken: Identity,
  module: ModuleName,
  victim: ModuleName,
): Promise<[string, string, string?][]> {
  const { shop, database, kid, key } = taken;
  const foreign = generateKeyPairSync('ed25519').privateKey;
  const claims = (more: Partial<CallerClaims>): CallerClaims => ({
    ...{ program: module, as: 'itself', audience: `${shop}/${victim}` },
    ...{ expiresAt: Math.floor(Date.now() / 1_000) + 60, ...more },
  });
  const actor = { id: customer.id, role: 'admin', version: 0 };
  const [monolith] = await setup.query<{ kid: string }>('select kid::text from strangler.own_key');
  const bySelf = (more: Partial<CallerClaims>) => signCaller({ kid, key }, claims(more));
  const own = { kid: await toldOf(module, shop, foreign), key: foreign };
  return [
    ['says nothing', database],
    ['says nothing, and poses as the monolith', shop],
    ['as itself', database, bySelf({})],
    ['for an admin', database, bySelf({ as: 'client', actor })],
    ['as the monolith', shop, bySelf({ program: 'monolith' })],
    ['as the gateway, for an admin', database, bySelf({ program: 'gateway', as: 'client', actor })],
    ['as a module that may', database, bySelf({ program: 'orders', as: 'module', actor })],
    [
      "in the monolith's name, with another key",
      shop,
      signCaller({ kid: monolith!.kid, key: foreign }, claims({ program: 'monolith' })),
    ],
    [
      'with a key that nobody knows',
      shop,
      signCaller({ kid: randomUUID(), key: foreign }, claims({ program: 'monolith' })),
    ],
    ...['gateway', 'monolith', 'orders'].map((program): [string, string, string] => [
      `as ${program}, with a key that it has told the services`,
      shop,
      signCaller(own, claims({ program, as: 'client', actor })),
    ]),
    [heardOf, heard.headers!.get('From').split(' ')[1]!, heard.headers!.get('Caller')],
    ['with rubbish', shop, 'e30.e30.e30'],
    ['without a signature', shop, `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`],
  ];
}

/** Has that key told to the services, as NATS lets it: in its own name. Answers its id. */
async function toldOf(module: ModuleName, shop: string, key: Identity['key']): Promise<string> {
  const said = { kid: randomUUID(), database: 'd', key: publicTextOf(key), allSign: true };
  await all.request(subjects.keysTold(module, shop), JSON.stringify(said), { timeout: 5_000 });
  return said.kid;
}

const isOwnWork = (module: ModuleName, [to, operation]: [ModuleName, string, object]): boolean => {
  const listed = (calls[module] as Record<string, readonly string[]>)[to] ?? [];
  return to === module || listed.includes(operation);
};

/** What came of it: a code, or `ok`. */
async function tried(
  connection: NatsConnection,
  [to, operation, input]: [ModuleName, string, object],
  [from, token]: [string, string | undefined],
  shop: string,
): Promise<string> {
  const told = headers();
  told.set('From', `${shop} ${from}`);
  told.set('Command-Id', randomUUID());
  if (token !== undefined) told.set('Caller', token);
  const subject = subjects.rpc({ module: to, side: 'extracted', database: peers.get(to)! }, operation);
  const reply = await connection.request(subject, JSON.stringify(input), { headers: told, timeout: 5_000 });
  const said = reply.json<{ ok?: unknown; error?: { code: string } }>();
  return 'ok' in said ? 'ok' : said.error!.code;
}

it.each(moduleNames)(
  '%s, taken over, gets nothing that is not its work, whatever it says',
  async (module) => {
    const taken = await takenFrom(module);
    const user = `shop.${module}`;
    const its = await connect({ servers: nats.url, user, pass: user, inboxPrefix: `_INBOX_${user}` });
    const came = new Set<string>();
    const notIts = wanted().filter((each) => !isOwnWork(module, each));
    for (const call of notIts) {
      const tries = (await lies(taken, module, call[0])).map(async ([how, from, token]) => {
        // What only payments can have heard, it takes elsewhere.
        if (how === heardOf && (module !== 'payments' || call[0] === 'payments')) return;
        const byAll = await tried(all, call, [from, token], taken.shop);
        if (!['forbidden', 'unavailable'].includes(byAll)) came.add(`${call[0]}.${call[1]} ${how}: ${byAll}`);
      });
      await Promise.all(tries);
    }
    // NATS itself lets none of them pass.
    for (const call of notIts) {
      const refused = tried(its, call, [taken.database, undefined], taken.shop);
      await expect(refused).rejects.toThrow(/[Pp]ermission/);
    }
    await its.close();
    expect([...came]).toEqual([]);
  },
);

it('and the shop goes on: the order is there, paid and not cancelled, and its customer is no admin', async () => {
  const answer = await customer.send<{ status: string }>('GET', `/api/v1/orders/${order}`);
  expect([answer.status, answer.body.status]).toEqual([200, 'confirmed']);
  expect(
    (await customer.send<{ status: string }>('GET', `/api/v1/orders/${order}/payment`)).body.status,
  ).toBe('charged');
  expect((await customer.send<{ role: string }>('GET', `/api/v1/users/${customer.id}`)).body.role).toBe(
    'user',
  );
  expect((await customer.order('second', { 'F-1': 1 })).status).toBe(201);
});
