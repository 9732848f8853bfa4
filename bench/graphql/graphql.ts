import { Closing, migrate } from '#platform';
import { randomUUID } from 'node:crypto';
import { openAccount } from '../account.js';
import { modules } from '../http/app.js';
import { cpuMs, cpuSince, type Machines } from '../cpu.js';
import { startProgram } from '../program.js';
import { report, type Figure } from '../report.js';
import { alternate, median, type Contender } from '../rounds.js';
import type { BenchServers } from '../servers.js';

const database = 'bench_graphql';
const atOnce = 8;

/** What one client asks for, as a page does: all of it is one unit. */
type Unit = () => Promise<void>;

/** A contender whose rounds are a fixed piece of work. All share one process: so what that uses in a turn is the contender's. */
class Counted implements Contender {
  /** For a unit, in ms, a figure for each round; the first is the warm-up. */
  private readonly all: number[] = [];

  constructor(
    readonly name: string,
    private readonly machines: Machines,
    private readonly work: () => Promise<number>,
  ) {}

  get cpuMs(): number[] {
    return this.all.slice(1);
  }

  async rate(): Promise<number> {
    const [began, before] = [performance.now(), await cpuMs(this.machines)];
    const units = await this.work();
    const used = cpuSince(before, await cpuMs(this.machines));
    this.all.push(Object.values(used).reduce((sum, ms) => sum + ms, 0) / units);
    return (units / (performance.now() - began)) * 1_000;
  }
}

/** The same data by REST and by GraphQL, from the same process; and what it takes to refuse a query. By CPU, of the shop and of its database. */
export async function graphql(servers: BenchServers, quick: boolean): Promise<boolean> {
  const databaseUrl = await servers.freshDatabase(database);
  await migrate(databaseUrl, modules);
  const closing = new Closing();
  try {
    const serve = new URL('../http/serve.js', import.meta.url);
    const program = await startProgram(serve, [databaseUrl, 'routed'], /^http\S+$/);
    closing.add(() => program.stop());
    const units = await unitsOf(program.ready[0]);
    const machines = { programs: { shop: program.pid }, databases: { database }, folder: 'no other' };
    const count = quick ? 40 : 300;
    const contenders = Object.entries(units).map(
      ([name, unit]) => new Counted(name, machines, () => inLanes(count, unit)),
    );
    const rates = await alternate(contenders, { rounds: quick ? 3 : 10, ms: 0 });
    const cpu = (name: string) => median(contenders.find((each) => each.name === name)!.cpuMs);
    return await report('graphql', rates, figuresOf(cpu));
  } finally {
    await closing.closeAll();
  }
}

function figuresOf(cpu: (name: string) => number): Figure[] {
  const against = (name: string, other: string, atMost?: number): Figure => ({
    figure: `CPU of ${name}, against ${other}`,
    ...(atMost !== undefined && { atMost }),
    reached: cpu(name) / cpu(other),
  });
  return [
    against('the dashboard by GraphQL', 'the dashboard by REST', 1.3),
    against('an order by GraphQL', 'an order by four REST calls', 1),
    against('10,000 aliases', 'a small wrong query', 2),
    against('1 MB', 'a small wrong query', 2),
    against('fragments that double', 'a small wrong query', 2),
  ];
}

const orderQuery = `query ($userId: ID!, $id: ID!) {
  getOrder(userId: $userId, id: $id) {
    id userId status total { amount currency } customerEmail createdAt
    items { sku quantity unitPrice { amount currency } product { sku description price { amount currency } available } }
    customer { id email name role createdAt }
    payment { id orderId amount { amount currency } status }
  }
}`;

const dashboardQuery = `{
  dashboard {
    user { id email name role createdAt }
    orders { id userId status items { sku quantity unitPrice { amount currency } } total { amount currency } paymentId customerEmail createdAt }
    recommendations { sku description price { amount currency } available }
    errors { part code detail }
  }
}`;

async function unitsOf(url: string): Promise<Record<string, Unit>> {
  const { id: userId, token } = await openAccount(url);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ask = async (path: string, expected: number, init: RequestInit = {}) => {
    const answer = await fetch(url + path, { headers, ...init });
    if (answer.status !== expected) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as object;
  };
  const query = (text: string, expected: number, variables?: object): Unit => {
    const body = JSON.stringify({ query: text, variables });
    return async () => {
      const { errors } = (await ask('/graphql', expected, { method: 'POST', body })) as { errors?: object[] };
      if (expected === 200 && errors) throw new Error(JSON.stringify(errors));
    };
  };
  const id = await placeOrder(url, headers);
  const get = (path: string) => ask(`/api/v1/${path}`, 200);
  const aliases = Array.from({ length: 10_000 }, (_, i) => `a${i}: getProduct(sku: "SKU-1") { sku }`);
  const doubling = Array.from(
    { length: 60 },
    (_, i) => `fragment f${i} on Product { ...f${i + 1} ...f${i + 1} }`,
  );
  return {
    'the dashboard by REST': async () => {
      await get('dashboard');
    },
    'the dashboard by GraphQL': query(dashboardQuery, 200),
    'an order by four REST calls': async () => {
      await Promise.all([
        get(`orders/${id}`),
        get(`orders/${id}/payment`),
        get(`users/${userId}`),
        get('products/SKU-1'),
      ]);
    },
    'an order by GraphQL': query(orderQuery, 200, { userId, id }),
    'a small wrong query': query('{ nothing }', 400),
    '10,000 aliases': query(`{ ${aliases.join(' ')} }`, 400),
    '1 MB': query(`{ getProduct(sku: "${'x'.repeat(2 ** 20)}") { sku } }`, 400),
    'fragments that double': query(
      `{ getProduct(sku: "A") { ...f0 } } ${doubling.join(' ')} fragment f60 on Product { sku }`,
      400,
    ),
  };
}

async function placeOrder(url: string, headers: Record<string, string>): Promise<string> {
  const body = JSON.stringify({ items: [{ sku: 'SKU-1', quantity: 1 }], payment: { token: 'tok_ok' } });
  const how = { method: 'POST', headers: { ...headers, 'Idempotency-Key': randomUUID() }, body };
  const answer = await fetch(`${url}/api/v1/orders`, how);
  const order = (await answer.json()) as { id?: string };
  if (!order.id) throw new Error(`no order: ${JSON.stringify(order)}`);
  return order.id;
}

/** Resolves with how many were done. */
async function inLanes(count: number, unit: Unit): Promise<number> {
  let left = count;
  const lane = async () => {
    while (left-- > 0) await unit();
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return count;
}
