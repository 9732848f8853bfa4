import { Closing, withClient } from '#platform';
import { quantile } from '../hand-off/histogram.js';
import { intervalOf } from '../pairs.js';
import { reached, type Figure } from '../report.js';
import { median } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { catalogue, on, product, skus, startGateway, startPeer, stocked } from './programs.js';
import type { Shots } from './row.js';
import { steadily } from './steady.js';

/** At the first nobody waits for a core, or not for long; the second is that of the goal. */
const rates = [200, 1_000] as const;
/** So many times as much as its floor the hop adds at most (ADR 0055). */
const mostOfFloor = 4;

/** Near: one process reads the row. Far: it asks another one that does. */
const ways = ['near', 'far'] as const;
type Way = (typeof ways)[number];
type Pair = Record<Way, Shots>;

const shares = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;
type Share = keyof typeof shares;

/** Latencies in ms, a figure for each round. */
type Rounds = Record<Way, Record<Share, number[]>>;
type Both = Record<'floor' | 'shop', Rounds>;

/**
 * What the way over the gateway and NATS adds to a read at a steady rate, beside what it adds to programs that do nothing else: a server of Node, the
 * client of NATS, a query. Only these run meanwhile: what others do now and then is in the latency of all.
 */
export async function hop(servers: BenchServers, quick: boolean): Promise<Figure[]> {
  const closing = new Closing();
  try {
    const pairs = { floor: await startFloor(servers, closing), shop: await startShops(servers, closing) };
    const figures: Figure[] = [];
    for (const perSecond of rates) {
      const pace = quick ? { rounds: 2, ms: 500 } : { rounds: 7, ms: 2_000 };
      const rounds = await inTurn(pairs, { perSecond, ...pace });
      console.table(tableOf(rounds));
      figures.push(...figuresOf(rounds, perSecond, quick));
    }
    return figures;
  } finally {
    await closing.closeAll();
  }
}

async function startShops(servers: BenchServers, closing: Closing): Promise<Pair> {
  const near = await stocked(servers, 'monolith', closing);
  const extracted = await stocked(servers, 'extracted', closing);
  // Nothing is read twice within a second, so that each read reaches the module.
  const far = await startGateway(servers, extracted, { ...on, CACHE: '1s' }, closing);
  return { near: { url: near.url, paths: catalogue }, far: { url: far.url, paths: catalogue } };
}

async function startFloor(servers: BenchServers, closing: Closing): Promise<Pair> {
  const [natsUrl, databaseUrl] = [await servers.nats(), await servers.freshDatabase('bench_gateway_goods')];
  await withClient(databaseUrl, async (client) => {
    await client.query(
      'create table goods (sku text primary key, description text, amount int, currency text, available int)',
    );
    const { description, price, available } = product;
    await client.query('insert into goods select unnest($1::text[]), $2, $3, $4, $5', [
      ...[skus, description, price.amount, price.currency, available],
    ]);
  });
  const { url: near } = await startPeer(closing, 'goods, here', databaseUrl);
  await startPeer(closing, 'goods, served', databaseUrl, natsUrl);
  const { url: far } = await startPeer(closing, 'goods, there', natsUrl);
  return { near: { url: near, paths: catalogue }, far: { url: far, paths: catalogue } };
}

async function inTurn<K extends string>(
  pairs: Record<K, Pair>,
  { perSecond, rounds, ms }: { perSecond: number; rounds: number; ms: number },
): Promise<Record<K, Rounds>> {
  const none = (): Rounds['near'] => ({ p50: [], p90: [], p99: [] });
  const all = Object.entries<Pair>(pairs).map(([name, pair]) => ({
    ...{ name, pair },
    taken: { near: none(), far: none() },
  }));
  const each = async (inOrder: <T>(list: readonly T[]) => T[], keep: boolean) => {
    for (const { pair, taken } of inOrder(all))
      for (const way of inOrder(ways)) {
        const latencies = await steadily(pair[way], perSecond, ms);
        for (const share of keep ? (Object.keys(shares) as Share[]) : [])
          taken[way][share].push(quantile(latencies, shares[share]));
      }
  };
  // Nobody is slow because what he runs has not been compiled yet.
  for (let round = 0; round < 3; round++) await each((list) => [...list], false);
  for (let round = 0; round < rounds; round++)
    await each((list) => (round % 2 ? list.toReversed() : [...list]), true);
  return Object.fromEntries(all.map(({ name, taken }) => [name, taken])) as Record<K, Rounds>;
}

const added = ({ near, far }: Rounds, share: Share): number[] =>
  far[share].map((ms, round) => ms - (near[share][round] ?? NaN));

/** How often the goal is missed by a machine that does nothing for us says the floor; so the goal is a ratio to it. */
function figuresOf({ floor, shop }: Both, perSecond: number, quick: boolean): Figure[] {
  const figures = (Object.keys(shares) as Share[]).flatMap((share): Figure[] => [
    { figure: `the hop adds at ${perSecond}/s, ${share}, ms`, ...reached(intervalOf(added(shop, share))) },
    { figure: `its floor adds at ${perSecond}/s, ${share}, ms`, ...reached(intervalOf(added(floor, share))) },
  ]);
  const ratio = median(added(shop, 'p50')) / median(added(floor, 'p50'));
  const goal = quick || perSecond !== rates[0] ? {} : { atMost: mostOfFloor };
  return [
    ...figures,
    { figure: `the hop against its floor at ${perSecond}/s, p50`, ...goal, reached: ratio },
  ];
}

const tableOf = (rounds: Both) => {
  const names = {
    floor: { near: 'HTTP and a query', far: 'HTTP, NATS and a query' },
    shop: { near: "the monolith's API", far: 'gateway: all' },
  };
  return Object.fromEntries(
    (['floor', 'shop'] as const).flatMap((which) =>
      ways.map((way) => {
        const figures = Object.entries(rounds[which][way]).map(([share, values]) => [
          `${share}, ms`,
          Math.round(median(values) * 100) / 100,
        ]);
        return [names[which][way], Object.fromEntries(figures) as Record<string, number>];
      }),
    ),
  );
};
