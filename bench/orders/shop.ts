import type { Closing } from '#platform';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
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
}

/**
 * Opens an empty shop of the programs that users start, on databases of its own: the monolith with everything in it, or
 * the monolith and a service for inventory beside it. Resolves with its addresses once inventory is in that phase.
 */
export async function openShop(
  servers: BenchServers,
  inventory: Inventory,
  closing: Closing,
): Promise<BenchShop> {
  const env = await environmentOf(servers, inventory);
  if (inventory !== 'monolith') {
    const main = new URL('../../apps/extracted/src/main.js', import.meta.url);
    const service = await startProgram(main, ['inventory'], /is served/, env);
    closing.add(() => service.stop());
  }
  const main = new URL('../../apps/monolith/src/main.js', import.meta.url);
  const monolith = await startProgram(main, [], /open: (http:\/\/[^/]+).* admin (http:[^\s"]+)/, env);
  closing.add(() => monolith.stop());
  await arrived(env['DATABASE_URL']!, inventory);
  const [, url = '', adminUrl = ''] = monolith.ready;
  return { url, adminUrl };
}

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

async function environmentOf(servers: BenchServers, inventory: Inventory): Promise<Record<string, string>> {
  const name = inventory.replace('-', '_');
  const folder = join(servers.dataDir, `orders-${inventory}`);
  const config = join(folder, 'strangler.yaml');
  await mkdir(folder, { recursive: true });
  await writeFile(config, wishes(inventory));
  return {
    PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: await servers.freshDatabase(`bench_orders_${name}`),
    PAYMENTS_PROVIDER: 'test',
    INVENTORY_DATABASE_URL: await servers.freshDatabase(`bench_orders_inventory_${name}`),
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
  const others = ['users', 'orders', 'payments'].map((module) => `  ${module}: { phase: monolith }`);
  const own = `  inventory: { phase: ${inventory}, ramp: [100], bake: 0s, gates: { minSamples: 0 } }`;
  return ['modules:', ...others, own, ''].join('\n');
}
