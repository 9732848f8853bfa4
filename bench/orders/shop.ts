import type { Closing } from '#platform';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProgram } from '../program.js';
import type { BenchServers } from '../servers.js';

/** Where inventory is served. */
export type Inventory = 'monolith' | 'extracted';

export const admin = { email: 'admin@shop.example', password: 'correct horse battery' };

/**
 * Opens an empty shop of the programs that users start, on databases of its own: the monolith with everything in it, or
 * the monolith and inventory beside it. Resolves with its address.
 */
export async function openShop(
  servers: BenchServers,
  inventory: Inventory,
  closing: Closing,
): Promise<string> {
  const env = await environmentOf(servers, inventory);
  if (inventory === 'extracted') {
    const main = new URL('../../apps/extracted/src/main.js', import.meta.url);
    const service = await startProgram(main, ['inventory'], /is served/, env);
    closing.add(() => service.stop());
  }
  const main = new URL('../../apps/monolith/src/main.js', import.meta.url);
  const monolith = await startProgram(main, [], /open: (http:\/\/[^/]+)/, env);
  closing.add(() => monolith.stop());
  return monolith.ready[1] as string;
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
