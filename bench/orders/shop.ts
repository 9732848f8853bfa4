import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram, type Program } from '../program.js';
import type { BenchServers } from '../servers.js';

/** Where inventory is served. */
export type Inventory = 'monolith' | 'extracted';

export const admin = { email: 'admin@shop.example', password: 'correct horse battery' };

/** A shop of the programs that users start, on databases of its own. */
export interface Shop {
  readonly url: string;
  stop(): Promise<void>;
}

/** Opens an empty shop: the monolith with everything in it, or the monolith and inventory beside it. */
export async function openShop(servers: BenchServers, inventory: Inventory): Promise<Shop> {
  const env = await environmentOf(servers, inventory);
  const running: Program[] = [];
  const stop = async () => {
    for (const program of running.splice(0).reverse()) await program.stop();
  };
  try {
    if (inventory === 'extracted') {
      const service = new URL('../../apps/extracted/src/main.js', import.meta.url);
      running.push(await startProgram(service, ['inventory'], /is served/, env));
    }
    const monolith = new URL('../../apps/monolith/src/main.js', import.meta.url);
    const shop = await startProgram(monolith, [], /open: (http:\/\/[^/]+)/, env);
    running.push(shop);
    return { url: shop.ready[1] as string, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function environmentOf(servers: BenchServers, inventory: Inventory): Promise<Record<string, string>> {
  const folder = join(servers.dataDir, `orders-${inventory}`);
  const config = join(folder, 'strangler.yaml');
  await mkdir(folder, { recursive: true });
  const lines = ['users', 'orders', 'payments'].map((module) => `  ${module}: { phase: monolith }`);
  await writeFile(config, ['modules:', ...lines, `  inventory: { phase: ${inventory} }`, ''].join('\n'));
  return {
    PORT: '0',
    ADMIN_PORT: '0',
    DATABASE_URL: await servers.freshDatabase(`bench_orders_${inventory}`),
    ...(inventory === 'extracted' && {
      INVENTORY_DATABASE_URL: await servers.freshDatabase('bench_orders_inventory'),
      NATS_URL: await servers.nats(),
    }),
    DATA_DIR: folder,
    STRANGLER_CONFIG: config,
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    LOG_LEVEL: 'warn',
  };
}
