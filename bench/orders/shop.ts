import { projectRoot, type Closing } from '#platform';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import type { Machines } from '../cpu.js';
import { startProgram } from '../program.js';
import type { BenchServers } from '../servers.js';

const modules = ['users', 'orders', 'payments', 'inventory', 'notifications'] as const;
export type BenchModule = (typeof modules)[number];

/** The phase that inventory is in, and with it other modules that are named. */
export type Inventory = 'monolith' | 'dual-write' | 'extracted';

export const admin = { email: 'admin@shop.example', password: 'correct horse battery' };

/** How long an empty module may take on its way, in ms. */
const walkMs = 120_000;

/** Addresses of a shop that is open. */
export interface BenchShop {
  readonly url: string;
  readonly adminUrl: string;
  /** URLs of the monolith's database and of the modules' own. */
  readonly databases: Databases;
  readonly machines: Machines;
}

type Databases = Readonly<Record<'monolith' | 'inventory', string>> &
  Readonly<Partial<Record<BenchModule, string>>>;

/** What else may be said of a shop. */
export interface ShopOptions {
  /** Those that go with inventory. */
  others?: readonly BenchModule[];
  /** Tells its databases from those of another shop in the same phase. */
  name?: string;
  /** Where the project lies whose programs are started; another checkout of it, to compare. */
  root?: string;
}

/**
 * Opens an empty shop of the programs that users start, on databases of its own: the monolith with everything in it, or
 * the monolith and a service for inventory (and others) beside it. Resolves with its addresses once they are in that phase.
 */
export async function openShop(
  servers: BenchServers,
  inventory: Inventory,
  closing: Closing,
  { name = inventory, root = projectRoot(), others = [] }: ShopOptions = {},
): Promise<BenchShop> {
  const folder = join(servers.dataDir, `orders-${name}`);
  const away = ['inventory', ...others] as const;
  const databases = await databasesOf(servers, name, away);
  const env = await environmentOf(folder, wishes(inventory, away), databases);
  const start = async (app: string, args: readonly string[], ready: RegExp) => {
    const main = pathToFileURL(join(root, `dist/apps/${app}/src/main.js`));
    const program = await startProgram(main, args, ready, env);
    closing.add(() => program.stop());
    return program;
  };
  const services: [string, number][] = [];
  for (const module of inventory === 'monolith' ? [] : away) {
    const { pid } = await start('extracted', [module], /is served/);
    services.push([`the Node of ${module}`, pid]);
  }
  const monolith = await start('monolith', [], /open: (http:\/\/[^/]+).* admin (http:[^\s"]+)/);
  for (const module of away) await arrived(databases.monolith, module, inventory);
  const [, url = '', adminUrl = ''] = monolith.ready;
  const machines = {
    programs: { "the monolith's Node": monolith.pid, ...Object.fromEntries(services) },
    databases: Object.fromEntries(
      Object.entries(databases).map(([of, database]) => [`PostgreSQL of ${of}`, nameOf(database)]),
    ),
    folder,
  };
  return { url, adminUrl, databases, machines };
}

async function databasesOf(
  servers: BenchServers,
  name: string,
  away: readonly BenchModule[],
): Promise<Databases> {
  const called = name.replaceAll('-', '_');
  const own: [string, string][] = [];
  for (const module of away)
    own.push([module, await servers.freshDatabase(`bench_orders_${module}_${called}`)]);
  const monolith = await servers.freshDatabase(`bench_orders_${called}`);
  return { monolith, ...Object.fromEntries(own) } as Databases;
}

const nameOf = (url: string): string => new URL(url).pathname.slice(1);

/** Waits until the controller has walked the module there. @throws when it does not come there. */
async function arrived(url: string, module: BenchModule, phase: Inventory): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const giveUpAt = Date.now() + walkMs; Date.now() < giveUpAt; await sleep(100)) {
      const sql = 'select phase from strangler.module where module = $1';
      const { rows } = await client.query<{ phase: string }>(sql, [module]);
      if (rows[0]?.phase === phase) return;
    }
    throw new Error(`${module} has not come to ${phase} within ${walkMs / 1_000} s`);
  } finally {
    await client.end();
  }
}

async function environmentOf(
  folder: string,
  wanted: string,
  { monolith, ...own }: Databases,
): Promise<Record<string, string>> {
  const config = join(folder, 'strangler.yaml');
  await mkdir(folder, { recursive: true });
  await writeFile(config, wanted);
  return {
    PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: monolith,
    PAYMENTS_PROVIDER: 'test',
    ...Object.fromEntries(
      Object.entries(own).map(([module, url]) => [`${module.toUpperCase()}_DATABASE_URL`, url]),
    ),
    // With a NATS of its own in it: on one that two shops share, a service would serve both.
    DATA_DIR: folder,
    STRANGLER_CONFIG: config,
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    LOG_LEVEL: 'warn',
  };
}

/** `strangler.yaml`: they go there at once and without traffic. */
function wishes(phase: Inventory, away: readonly BenchModule[]): string {
  const lines = modules.map((module) =>
    away.includes(module)
      ? `  ${module}: { phase: ${phase}, ramp: [100], bake: 0s, gates: { minSamples: 0 } }`
      : `  ${module}: { phase: monolith }`,
  );
  return ['modules:', ...lines, ''].join('\n');
}
