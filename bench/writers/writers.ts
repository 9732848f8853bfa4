import { Closing, EmbeddedServers, projectRoot } from '#platform';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { checkOut } from '../checkout.js';
import { makeDepot } from '../depot/depot.js';
import { sellersIn, type Sellers } from '../depot/sellers.js';
import { ratios } from '../pairs.js';
import { startProgram } from '../program.js';
import { reached, report } from '../report.js';
import { alternate, median } from '../rounds.js';
import type { BenchServers } from '../servers.js';

/** The release that the goal is set by. */
const release = 'acffdd8';

/**
 * What it costs the sessions that write when their changes are captured, now and at another commit: CPU of a sale, without
 * that of whoever reads what they have written down.
 */
export async function writers(servers: BenchServers, quick: boolean, before = release): Promise<boolean> {
  const closing = new Closing();
  const now = 'captured';
  const then = `captured, at ${before}`;
  try {
    const root = await checkOut(before, servers.dataDir);
    const sellers = {
      plain: await sellersIn(
        'plain',
        await makeDepot(servers, 'bench_writers_plain', { full: true }),
        closing,
      ),
      [now]: await capturedSales(servers, { name: now, at: 'now', root: projectRoot() }, closing),
      [then]: await capturedSales(servers, { name: then, at: 'then', root }, closing),
    };
    const rates = await alternate(
      Object.values(sellers),
      quick ? { rounds: 6, ms: 200 } : { rounds: 40, ms: 700 },
    );
    const cpu = (name: string) => sellers[name]!.cpuUs.slice(1);
    return await report('writers', rates, [
      ...Object.keys(sellers).map((name) => ({
        figure: `${name}: CPU of a sale in PostgreSQL, µs`,
        reached: median(cpu(name)),
      })),
      { figure: `${now} against plain`, ...reached(ratios(cpu(now), cpu('plain'))) },
      { figure: `${then} against plain`, ...reached(ratios(cpu(then), cpu('plain'))) },
      { figure: `${now} against ${then}`, atMost: 0.87, ...reached(ratios(cpu(now), cpu(then))) },
    ]);
  } finally {
    await closing.closeAll();
  }
}

/** The same with a relay that is awake, and another process that stores what it sends. */
async function capturedSales(
  servers: BenchServers,
  { name, at, root }: { name: string; at: string; root: string },
  closing: Closing,
): Promise<Sellers> {
  // A NATS of its own: what one commit says the other does not understand.
  const own = new EmbeddedServers(join(servers.dataDir, `writers-${at}`), () => undefined);
  closing.add(() => own.release());
  const here = await servers.freshDatabase(`bench_writers_${at}`);
  const there = await servers.freshDatabase(`bench_writers_${at}_copy`);
  const side = new URL('./side.js', import.meta.url);
  const program = await startProgram(side, [root, await own.nats(), here, there], /^ready$/);
  closing.add(() => program.stop());
  const selling = await sellersIn(name, here, closing);
  return {
    ...selling,
    rate: async (ms) => {
      const rate = await selling.rate(ms);
      await drained(here);
      return rate;
    },
  };
}

/** Nobody leaves work behind for who comes next. */
async function drained(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (;;) {
      const { rows } = await client.query('select from strangler.outbox limit 1');
      if (rows.length === 0) return;
      await sleep(20);
    }
  } finally {
    await client.end();
  }
}
