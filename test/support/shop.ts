import type { Order } from '#contracts';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moduleNames, type ModuleName } from './module-names.js';
import { absentDatabase, freshDatabase, queryOnce, type TestDatabase } from './postgres.js';
import { startProgram, type Program } from './programs.js';
import { until } from './until.js';

export { moduleNames, type ModuleName };

/** Without bake time, and without asking for samples that a quiet shop does not have. */
const atOnce = 'ramp: [100], bake: 0s, gates: { minSamples: 0 }';

/** Who may do everything, in every shop that a test opens. */
export const admin = { email: 'admin@shop.example', password: 'correct horse battery' };

/** What a shop of real processes stands on: databases, a data folder, `strangler.yaml`. */
export interface ShopSetup {
  readonly env: Record<string, string>;
  /** Database of a module on the side where it is served. */
  databaseOf(module: ModuleName): string;
  /** Runs a statement in the monolith's database. */
  query: TestDatabase['query'];
  /** Runs a statement in the database at `url`. */
  on<T extends object>(url: string, sql: string, params?: unknown[]): Promise<T[]>;
  /** The database of a module's service, and the monolith's. */
  readonly urls: Readonly<Record<ModuleName | 'shop', string>>;
  /** Writes `strangler.yaml`: these modules are to be `extracted`, the others `monolith`, at once and without traffic. */
  extract(modules: readonly ModuleName[]): Promise<void>;
  /** Waits until every module is where `strangler.yaml` wants it. */
  arrived(): Promise<void>;
  /** Leaves all modules out of `strangler.yaml`, so that the CLI and the admin API steer them. */
  steerByHand(): Promise<void>;
  drop(): Promise<void>;
}

type Database = Omit<TestDatabase, 'query'>;

/**
 * Makes the setup; `natsUrl` is needed once a module is extracted. `given`: databases that are there already, instead of
 * a fresh one for the shop and none for a service.
 */
export async function makeSetup(
  natsUrl = '',
  given: Partial<Record<ModuleName | 'shop', Database>> = {},
): Promise<ShopSetup> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-'));
  const config = join(folder, 'strangler.yaml');
  const shop = given.shop ?? (await freshDatabase());
  const query: TestDatabase['query'] = (sql, params) => queryOnce(shop.url, sql, params);
  const own = new Map(moduleNames.map((name) => [name, given[name] ?? absentDatabase()]));
  let away: readonly ModuleName[] = [];
  const extract = async (modules: readonly ModuleName[]) => {
    away = modules;
    const lines = moduleNames.map(
      (name) => `  ${name}: { phase: ${modules.includes(name) ? 'extracted' : 'monolith'}, ${atOnce} }`,
    );
    await writeFile(config, `modules:\n${lines.join('\n')}\n`);
  };
  const phases = () =>
    query<{ module: ModuleName; phase: string }>('select module, phase from strangler.module');
  const arrived = async () => {
    await until(`${away.join(', ') || 'no module'} is extracted`, async () => {
      const there = (await phases()).filter(
        ({ phase, module }) => phase === (away.includes(module) ? 'extracted' : 'monolith'),
      );
      return there.length === moduleNames.length ? true : undefined;
    });
  };
  await extract([]);
  return {
    env: {
      PORT: '0',
      ADMIN_PORT: '0',
      DATABASE_URL: shop.url,
      PAYMENTS_PROVIDER: 'test',
      ...Object.fromEntries([...own].map(([name, { url }]) => [`${name.toUpperCase()}_DATABASE_URL`, url])),
      NATS_URL: natsUrl,
      DATA_DIR: folder,
      STRANGLER_CONFIG: config,
      ADMIN_EMAIL: admin.email,
      ADMIN_PASSWORD: admin.password,
      LOG_LEVEL: 'warn',
    },
    databaseOf: (module) => (away.includes(module) ? (own.get(module)?.url as string) : shop.url),
    query,
    on: queryOnce,
    urls: {
      shop: shop.url,
      ...(Object.fromEntries([...own].map(([name, { url }]) => [name, url])) as Record<ModuleName, string>),
    },
    extract,
    arrived,
    steerByHand: () => writeFile(config, 'modules: {}\n'),
    drop: async () => {
      await Promise.all([shop.drop(), ...[...own.values()].map((database) => database.drop())]);
      await rm(folder, { recursive: true });
    },
  };
}

/** A monolith that answers. */
export interface OpenShop extends Program {
  /** `http://localhost:<port>` of the shop, and of the admin listener. */
  readonly url: string;
  readonly adminUrl: string;
}

/** Starts the monolith and waits until it is open. `crashAt` lets it die there (see crashing.ts). */
export async function openShop({ env }: ShopSetup, crashAt?: string): Promise<OpenShop> {
  const main = 'apps/monolith/src/main.js';
  const program = crashAt
    ? startProgram('test/support/crashing.js', [main], { ...env, CRASH_AT: crashAt })
    : startProgram(main, [], env);
  return opened(program);
}

/** Waits until a monolith that was started is open. */
export async function opened(program: Program): Promise<OpenShop> {
  const [, url = '', adminUrl = ''] = await program.printed(
    /open: (https?:\S+?)\/api.* admin (http:[^\s"]+)/,
  );
  return { ...program, url, adminUrl };
}

/** Starts an extracted service and waits until it serves. */
export async function openService(
  { env }: ShopSetup,
  module: ModuleName,
  crashAt?: string,
): Promise<Program> {
  const main = 'apps/extracted/src/main.js';
  const program = crashAt
    ? startProgram('test/support/crashing.js', [main, module], { ...env, CRASH_AT: crashAt })
    : startProgram(main, [module], env);
  // Also one that has to wait for its other side before it takes calls.
  await program.printed(/· health http/);
  return program;
}

/** Starts the API alone, with a database of its own at `databaseUrl`, and waits until it is open. */
export const openGateway = (
  { env }: ShopSetup,
  databaseUrl: string,
  more: Readonly<Record<string, string>> = {},
): Promise<OpenShop> =>
  opened(
    startProgram('apps/gateway/src/main.js', [], { ...env, GATEWAY_DATABASE_URL: databaseUrl, ...more }),
  );

/** As {@link openGateway}, and waits until it is ready. */
export async function readyGateway(
  setup: ShopSetup,
  databaseUrl: string,
  more: Readonly<Record<string, string>> = {},
): Promise<OpenShop> {
  const gateway = await openGateway(setup, databaseUrl, more);
  await until('the gateway is ready', async () =>
    (await fetch(`${gateway.adminUrl}/health/ready`)).ok ? true : undefined,
  );
  return gateway;
}

/** Starts a gateway without a shop (`MODULES=none`), and waits until it is open. `env` names at least `LEGACY_URL`. */
export async function openBareGateway(
  databaseUrl: string,
  env: Readonly<Record<string, string>>,
): Promise<OpenShop> {
  const program = startProgram('apps/gateway/src/main.js', [], {
    // Nothing is started beside it, and NATS is not asked for.
    ...{ MODULES: 'none', EMBEDDED: 'off', GATEWAY_DATABASE_URL: databaseUrl },
    ...{ PORT: '0', GATEWAY_ADMIN_PORT: '0', ...env },
  });
  const [, url = '', adminUrl = ''] = await program.printed(/open: (http\S+) · admin (http\S+) · everything/);
  return { ...program, url, adminUrl };
}

/** An answer over HTTP. */
export interface Answer<T = unknown> {
  status: number;
  headers: Headers;
  body: T;
}

/** Of everybody who registers in a test. */
export const customerPassword = 'a long password';

/** A customer (or the admin) of a shop, over HTTP. */
export class Client {
  private constructor(
    private readonly url: string,
    readonly authorization: string,
    readonly id: string,
  ) {}

  static async register(url: string): Promise<Client> {
    const login = { email: `${randomUUID()}@shop.example`, password: customerPassword };
    const user = await request<{ id: string }>(url, 'POST', '/api/v1/users', { ...login, name: 'Ann Lee' });
    return Client.login(url, login, user.body.id);
  }

  static admin(url: string): Promise<Client> {
    return Client.login(url, admin, '');
  }

  /** The admin at the admin listener; while nobody can log in, by the password itself, as the command line does it. */
  static async operator({ url, adminUrl }: Pick<OpenShop, 'url' | 'adminUrl'>): Promise<Client> {
    const { status, body } = await logIn(url, admin);
    const basic = Buffer.from(`${admin.email}:${admin.password}`).toString('base64');
    return new Client(adminUrl, status >= 500 ? `Basic ${basic}` : `Bearer ${body.accessToken}`, '');
  }

  private static async login(url: string, login: object, id: string): Promise<Client> {
    const { body } = await logIn(url, login);
    return new Client(url, `Bearer ${body.accessToken}`, id);
  }

  /** The same customer at a shop that has another address now. */
  at(url: string): Client {
    return new Client(url, this.authorization, this.id);
  }

  send<T = unknown>(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    return request<T>(this.url, method, path, body, { authorization: this.authorization, ...headers });
  }

  /** Puts a product on the shelf (admins only). */
  async stock(sku: string, onHand: number, pence = 250): Promise<void> {
    const price = { amount: pence, currency: 'GBP' };
    await this.send('PUT', `/api/v1/products/${sku}`, { description: sku, price, onHand });
  }

  order(key: string, items: Record<string, number>, token = 'tok_ok'): Promise<Answer<Order>> {
    const lines = Object.entries(items).map(([sku, quantity]) => ({ sku, quantity }));
    const headers = { 'idempotency-key': key };
    return this.send<Order>('POST', '/api/v1/orders', { items: lines, payment: { token } }, headers);
  }
}

const logIn = (url: string, login: object) =>
  request<{ accessToken: string }>(url, 'POST', '/api/v1/auth/token', login);

async function request<T>(
  url: string,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const response = await fetch(url + path, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as T };
}
