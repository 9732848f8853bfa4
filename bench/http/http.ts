import { Closing, migrate } from '#platform';
import autocannon from 'autocannon';
import { startProgram } from '../program.js';
import { report, type Figure } from '../report.js';
import { alternate, glance, ratio, type Contender } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { modules, wirings, type Wiring } from './app.js';
import { openAccount } from '../account.js';

const connections = 32;

/** The same app twice, in a process each, on the same database: with its ports, and with services injected directly. */
export async function http(servers: BenchServers, quick: boolean): Promise<boolean> {
  const databaseUrl = await servers.freshDatabase('bench_http');
  await migrate(databaseUrl, modules);
  const closing = new Closing();
  const start = async (wiring: Wiring): Promise<string> => {
    const serve = new URL('./serve.js', import.meta.url);
    const program = await startProgram(serve, [databaseUrl, wiring], /^http\S+$/);
    closing.add(() => program.stop());
    return program.ready[0];
  };
  try {
    return await compare({ routed: await start('routed'), direct: await start('direct') }, quick);
  } finally {
    await closing.closeAll();
  }
}

async function compare(urls: Record<Wiring, string>, quick: boolean): Promise<boolean> {
  const { id, token } = await openAccount(urls.routed);
  const requests = {
    'one product': { path: '/api/v1/products/SKU-7' },
    '50 products': { path: '/api/v1/products?limit=50' },
    'own account': { path: `/api/v1/users/${id}`, headers: { authorization: `Bearer ${token}` } },
  };
  const contenders = Object.entries(requests).flatMap(([name, request]) =>
    wirings.map((wiring) => shooting(`${name}: ${wiring}`, urls[wiring], request)),
  );
  const rates = await alternate(contenders, quick ? { ...glance, ms: 1_000 } : { rounds: 16, ms: 2_000 });
  const figures = Object.keys(requests).map((name): Figure => ({
    figure: `${name}: routed against direct`,
    atLeast: 0.97,
    reached: ratio(rates, `${name}: routed`, `${name}: direct`),
  }));
  return report('http', rates, figures);
}

interface Shot {
  path: string;
  headers?: Record<string, string>;
}

/** @throws when any answer is not 200: refusals are quick. */
const shooting = (name: string, url: string, { path, headers = {} }: Shot): Contender => ({
  name,
  rate: async (ms) => {
    const duration = ms / 1_000;
    const result = await autocannon({ url: url + path, headers, connections, duration, sampleInt: 100 });
    const { errors, non2xx, duration: seconds } = result;
    if (errors + non2xx > 0) throw new Error(`${name}: ${errors} requests failed, ${non2xx} were refused`);
    return result['2xx'] / seconds;
  },
});
