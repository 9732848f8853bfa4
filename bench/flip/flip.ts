import { Closing } from '#platform';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { admin } from '../orders/shop.js';
import { startProgram } from '../program.js';
import { report, type Figure } from '../report.js';
import type { BenchServers } from '../servers.js';

/** A flip without customers may take so long, in s. */
const mostSeconds = 120;
/** One with customers waits 30 s at each of six steps; then it is given up, in ms. */
const giveUpMs = 600_000;
/** Reads of customers in a second. Too few prove nothing by themselves while a step is watched. */
const [fewReads, manyReads] = [4, 50];

/** One word in the file of a fresh shop: how long until inventory is extracted, with the settings as shipped; without customers, with few and with many. */
export async function flip(servers: BenchServers, quick: boolean): Promise<boolean> {
  const figures: Figure[] = [];
  for (const reads of quick ? [0] : [0, fewReads, manyReads])
    figures.push(...(await flipped(servers, reads)));
  return report('flip', {}, figures);
}

async function flipped(servers: BenchServers, readsPerSecond: number): Promise<Figure[]> {
  const closing = new Closing();
  const customers = readsPerSecond > 0;
  const name = customers ? `${readsPerSecond} reads/s` : 'no customer';
  try {
    const { url, database, want } = await openShop(servers, closing);
    const stop = customers ? readOn(url, readsPerSecond) : () => undefined;
    await want('extracted');
    const steps = await watched(database, closing);
    stop();
    const total = steps.at(-1)?.atSeconds ?? NaN;
    return [
      ...steps.map(({ place, atSeconds }) => ({ figure: `${name}: ${place} after, s`, reached: atSeconds })),
      { figure: `${name}: in all, s`, reached: total, ...(customers ? {} : { atMost: mostSeconds }) },
    ];
  } finally {
    await closing.closeAll();
  }
}

/** A fresh shop with its sample, and the service of inventory beside it. */
async function openShop(servers: BenchServers, closing: Closing) {
  const dataDir = join(servers.dataDir, 'flip');
  await mkdir(dataDir, { recursive: true });
  const config = join(dataDir, 'strangler.yaml');
  const want = (phase: string) => writeFile(config, `modules:\n  inventory: { phase: ${phase} }\n`);
  await want('monolith');
  const database = await servers.freshDatabase('flip_shop');
  const env = {
    PORT: '0',
    ADMIN_PORT: '0',
    HEALTH_PORT: '0',
    DATABASE_URL: database,
    INVENTORY_DATABASE_URL: await servers.freshDatabase('flip_inventory'),
    PAYMENTS_PROVIDER: 'test',
    // With a NATS of its own in it: on one that two shops share, a service would serve both.
    DATA_DIR: dataDir,
    STRANGLER_CONFIG: config,
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    SAMPLE: 'on',
    LOG_LEVEL: 'warn',
  };
  const monolith = await startProgram(
    new URL('../../apps/monolith/src/main.js', import.meta.url),
    [],
    /open: (http:\/\/[^/]+)/,
    env,
  );
  closing.add(() => monolith.stop());
  const service = await startProgram(
    new URL('../../apps/extracted/src/main.js', import.meta.url),
    ['inventory'],
    /is served/,
    env,
  );
  closing.add(() => service.stop());
  return { url: monolith.ready[1] ?? '', database, want };
}

/** When inventory came where, until it is extracted. @throws when it does not arrive. */
async function watched(database: string, closing: Closing): Promise<{ place: string; atSeconds: number }[]> {
  const client = new pg.Client({ connectionString: database });
  await client.connect();
  closing.add(() => client.end());
  const began = performance.now();
  const steps: { place: string; atSeconds: number }[] = [];
  while (performance.now() - began < giveUpMs) {
    const { rows } = await client.query<{ phase: string; percent: number }>(
      `select phase, percent from strangler.module where module = 'inventory'`,
    );
    const { phase = '', percent = 0 } = rows[0] ?? {};
    const place = phase === 'shifting' ? `shifting ${percent} %` : phase;
    const atSeconds = Math.round((performance.now() - began) / 100) / 10;
    if (place !== 'monolith' && steps.at(-1)?.place !== place) steps.push({ place, atSeconds });
    if (phase === 'extracted') return steps;
    await sleep(100);
  }
  throw new Error(`inventory is at ${steps.at(-1)?.place ?? 'monolith'} after ${giveUpMs / 1_000} s`);
}

/** Customers who look at the first products, one after the other. Returns the way to stop them. */
function readOn(url: string, readsPerSecond: number): () => void {
  let skus: string[] = [];
  let turn = 0;
  const read = async () => {
    if (skus.length === 0) {
      const answer = await fetch(`${url}/api/v1/products?limit=200`);
      skus = ((await answer.json()) as { items: { sku: string }[] }).items.map(({ sku }) => sku);
    }
    await (await fetch(`${url}/api/v1/products/${skus[turn++ % skus.length]}`)).arrayBuffer();
  };
  const timer = setInterval(() => void read().catch(() => undefined), 1_000 / readsPerSecond);
  return () => clearInterval(timer);
}
