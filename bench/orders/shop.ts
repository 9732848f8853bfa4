import { projectRoot, type Closing } from '#platform';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import type { Machines } from '../cpu.js';
import { startProgram } from '../program.js';
import type { BenchServers } from '../servers.js';

/** The phase that inventory is in. */
export type Inventory = 'monolith' | 'dual-write' | 'extracted';

export const admin = { email: 'admin@shop.example', password: 'correct horse battery' };

/** How long an empty module may take on its way, in ms. */
const walkMs = 120_000;

/** Addresses of a shop that is open. */
export interface BenchShop {
  readonly url: string;
  readonly adminUrl: string;
  /** URLs of the monolith's database and of inventory's own. */
  readonly databases: { readonly monolith: string; readonly inventory: string };
  readonly machines: Machines;
}

/** What else may be said of a shop. */
export interface ShopOptions {
  /** Tells its databases from those of another shop in the same phase. */
  name?: string;
  /** Where the project lies whose programs are started; another checkout of it, to compare. */
  root?: string;
}

/**
 * Opens an empty shop of the programs that users start, on databases of its own: the monolith with everything in it, or
 * the monolith and a service for inventory beside it. Resolves with its addresses once inventory is in that phase.
 */
export async function openShop(
  servers: BenchServers,
  inventory: Inventory,
  closing: Closing,
  { name = inventory, root = projectRoot() }: ShopOptions = {},
): Promise<BenchShop> {
  const folder = join(servers.dataDir, `orders-${name}`);
  const databases = {
    monolith: await servers.freshDatabase(`bench_orders_${name.replaceAll('-', '_')}`),
    inventory: await servers.freshDatabase(`bench_orders_inventory_${name.replaceAll('-', '_')}`),
  };
  const env = await environmentOf(folder, inventory, databases);
  const start = async (app: string, args: readonly string[], ready: RegExp) => {
    const main = pathToFileURL(join(root, `dist/apps/${app}/src/main.js`));
    const program = await startProgram(main, args, ready, env);
    closing.add(() => program.stop());
    return program;
  };
  const service = inventory === 'monolith' ? undefined : await start('extracted', ['inventory'], /is served/);
  const monolith = await start('monolith', [], /open: (http:\/\/[^/]+).* admin (http:[^\s"]+)/);
  await arrived(databases.monolith, inventory);
  const [, url = '', adminUrl = ''] = monolith.ready;
  const machines = {
    programs: { "the monolith's Node": monolith.pid, ...(service && { "the service's Node": service.pid }) },
    databases: {
      "PostgreSQL, the monolith's": nameOf(databases.monolith),
      "PostgreSQL, the service's": nameOf(databases.inventory),
    },
    folder,
  };
  return { url, adminUrl, databases, machines };
}

const nameOf = (url: string): string => new URL(url).pathname.slice(1);

/** Waits until the controller has walked inventory there. @throws when it does not come there. */
async function arrived(url: string, phase: Inventory): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const giveUpAt = Date.now() + walkMs; Date.now() < giveUpAt; await sleep(100)) {
      const sql = `select phase from strangler.module where module = 'inventory'`;
      const { rows } = await client.query<{ phase: string }>(sql);
      if (rows[0]?.phase === phase) return;
    }
    throw new Error(`inventory has not come to ${phase} within ${walkMs / 1_000} s`);
  } finally {
    await client.end();
  }
}

async function environmentOf(
  folder: string,
  inventory: Inventory,
  databases: BenchShop['databases'],
): Promise<Record<string, string>> {
  const config = join(folder, 'strangler.yaml');
  await mkdir(folder, { recursive: true });
  await writeFile(config, wishes(inventory));
  return {
    PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: databases.monolith,
    PAYMENTS_PROVIDER: 'test',
    INVENTORY_DATABASE_URL: databases.inventory,
    // With a NATS of its own in it: on one that two shops share, a service would serve both.
    DATA_DIR: folder,
    STRANGLER_CONFIG: config,
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    LOG_LEVEL: 'warn',
  };
}

/** `strangler.yaml`: inventory goes there at once and without traffic. */
function wishes(inventory: Inventory): string {
  const others = ['users', 'orders', 'payments', 'notifications'].map(
    (module) => `  ${module}: { phase: monolith }`,
  );
  const own = `  inventory: { phase: ${inventory}, ramp: [100], bake: 0s, gates: { minSamples: 0 } }`;
  return ['modules:', ...others, own, ''].join('\n');
}
