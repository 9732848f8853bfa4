import { projectRoot, type Closing } from '#platform';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { openShop, type BenchShop, type Inventory } from '../orders/shop.js';
import { stock } from '../orders/stock.js';
import { startProgram } from '../program.js';
import type { BenchServers } from '../servers.js';

/** So many that none is asked for twice within a second. */
export const skus = Array.from({ length: 6_400 }, (_, i) => `SKU-${String(i).padStart(4, '0')}`);
export const catalogue = skus.map((sku) => `/api/v1/products/${sku}`);

/** A product as the shop writes it. */
export const product = {
  description: 'CREAM HANGING HEART T-LIGHT HOLDER',
  price: { amount: 255, currency: 'GBP' },
  available: 1_000,
};

/** Each request is counted, and none refused. */
export const limits = {
  ...{ RATE_PER_ADDRESS: '1000000/s', RATE_PER_USER: '1000000/s' },
  RATE_PER_ROUTE: 'GET /api/v1/products/:sku 1000000/s',
};
/** All that a gateway does by default, with limits. */
export const on = { LOG_LEVEL: 'info', ...limits };

/** A process that answers HTTP. */
export interface Started {
  url: string;
  pid: number;
}

/** A shop in which inventory stands in this phase, and has the {@link catalogue}. */
export async function stocked(
  servers: BenchServers,
  phase: Inventory,
  closing: Closing,
  name = 'gateway',
): Promise<BenchShop> {
  const shop = await openShop(servers, phase, closing, { name: `${name}-${phase}` });
  const { description, price, available: onHand } = product;
  await stock(
    shop.url,
    skus.map((sku) => ({ sku, description, price, onHand })),
  );
  return shop;
}

/** A gateway of that shop. Resolves once it answers. */
export async function startGateway(
  servers: BenchServers,
  { machines }: BenchShop,
  policy: Record<string, string>,
  closing: Closing,
): Promise<Started> {
  const main = pathToFileURL(join(projectRoot(), 'dist/apps/gateway/src/main.js'));
  const own = `bench_gateway_${policyCount++}`;
  const program = await startProgram(main, [], /open: (http:\/\/[^/]+)/, {
    ...policy,
    PORT: '0',
    ADMIN_PORT: '0',
    GATEWAY_DATABASE_URL: await servers.freshDatabase(own),
    // With the shop's NATS in it.
    DATA_DIR: machines.folder,
  });
  closing.add(() => program.stop());
  const url = program.ready[1] ?? '';
  await untilOpen(`${url}${catalogue[0]}`);
  return { url, pid: program.pid };
}

let policyCount = 0;

async function untilOpen(url: string): Promise<void> {
  let answer = '';
  for (const giveUpAt = performance.now() + 60_000; performance.now() < giveUpAt; await sleep(50)) {
    const response = await fetch(url);
    if (response.ok) return;
    answer = `${response.status}: ${await response.text()}`;
  }
  throw new Error(`${url} answers ${answer}`);
}

/** One of the servers of `serve.ts`. */
export async function startPeer(closing: Closing, ...args: string[]): Promise<Started> {
  const program = await startProgram(new URL('./serve.js', import.meta.url), args, /^http\S+$/);
  closing.add(() => program.stop());
  return { url: program.ready[0], pid: program.pid };
}
