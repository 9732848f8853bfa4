import { Closing } from '#platform';
import { openAccount } from '../account.js';
import type { BenchShop } from '../orders/shop.js';
import { intervalOf, ratios } from '../pairs.js';
import { startProgram } from '../program.js';
import { reached, report, type Figure } from '../report.js';
import { alternate, median } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { hop } from './hop.js';
import { startNginx } from './nginx.js';
import { catalogue, limits, on, skus, startGateway, startPeer, stocked, type Started } from './programs.js';
import { Row, type Chain } from './row.js';
import type { Peer } from './serve.js';

/** What everybody wants to see. */
const hot = catalogue.slice(0, 8);

const off = {
  ...{ CACHE: '0s', LOG_LEVEL: 'warn', ACCESS_LOG: 'off', SERVED_BY_HEADER: 'off' },
  ...{ RATE_PER_ADDRESS: '0', RATE_PER_USER: '0' },
};

/** Settings of a gateway, and what is asked of it; `own`: the account of who asks. */
const policies = {
  bare: { env: off, paths: catalogue },
  auth: { env: off, paths: 'own' },
  limits: { env: { ...off, ...limits }, paths: catalogue },
  cache: { env: { ...off, CACHE: '10s' }, paths: hot },
  // Nothing is read twice within a second, so that each read reaches the module.
  all: { env: { ...on, CACHE: '1s' }, paths: catalogue },
  'all, kept': { env: { ...on, CACHE: '10s' }, paths: hot },
  // A product is public, so nobody's token is looked at: an account is not.
  'all, own account': { env: { ...on, CACHE: '1s' }, paths: 'own' },
} as const;
type Policy = keyof typeof policies;

const peers = ['express-http-proxy', 'httpxy', '@fastify/http-proxy'] satisfies Peer[];

const nginxes = {
  nginx: { cached: false, log: false },
  'nginx, kept': { cached: true, log: false },
  'nginx, kept and logged': { cached: true, log: true },
};

const names = {
  monolith: "the monolith's API",
  upstream: 'the upstream alone',
  asking: 'HTTP, and one call over NATS',
};

/** What a product read costs whom: through the monolith's API, through gateways with different policies, and through peers. */
export async function gateway(servers: BenchServers, quick: boolean): Promise<boolean> {
  const figuresOfHop = await hop(servers, quick);
  const closing = new Closing();
  try {
    const monolith = await stocked(servers, 'monolith', closing);
    const extracted = await stocked(servers, 'extracted', closing);
    const upstream = await startPeer(closing, 'upstream');
    const rows = [
      rowOfMonolith(monolith),
      ...(await rowsOfGateways(servers, extracted, closing)),
      ...(await rowsOfPassing(servers, extracted, upstream, closing)),
      ...(await rowsOfPeers(servers, upstream, closing)),
    ];
    await Promise.all(rows.map((row) => row.rest(quick ? 500 : 5_000)));
    await alternate(rows, { rounds: 1, ms: quick ? 300 : 4_000 });
    for (const row of rows) row.forget();
    const rates = await alternate(rows, quick ? { rounds: 3, ms: 1_000 } : { rounds: 7, ms: 1_000 });
    console.table(tableOf(rows));
    const figures = [...figuresOf(rows, quick), ...figuresOfHop];
    return await report('gateway', rates, figures, { rows: partsOf(rows) });
  } finally {
    await closing.closeAll();
  }
}

const rowOfMonolith = ({ url, machines }: BenchShop): Row =>
  new Row(names.monolith, { url, paths: catalogue }, { ...machines, measured: "the monolith's Node" });

async function rowsOfGateways(servers: BenchServers, shop: BenchShop, closing: Closing): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [policy, { env, paths }] of Object.entries(policies)) {
    const { url, pid } = await startGateway(servers, shop, env, closing);
    const { id, token } = await openAccount(url);
    const programs = { 'the gateway': pid, ...shop.machines.programs };
    const chain: Chain = { ...shop.machines, programs, measured: 'the gateway' };
    const headers: Record<string, string> =
      policy === 'auth' || policy.startsWith('all') ? { authorization: `Bearer ${token}` } : {};
    const asked = paths === 'own' ? [`/api/v1/users/${id}`] : paths;
    rows.push(new Row(nameOf(policy as Policy), { url, paths: asked, headers }, chain));
  }
  return rows;
}

const nameOf = (policy: Policy): string => `gateway: ${policy}`;

/** Of what is passed on nothing is kept, and a token is looked at where users have limits. */
const passing = {
  bare: off,
  auth: { ...off, RATE_PER_USER: limits.RATE_PER_USER },
  limits: { ...off, ...limits },
  all: on,
} as const;

/** What no route of the API takes goes on to the upstream, as to an application that was there before. */
async function rowsOfPassing(
  servers: BenchServers,
  shop: BenchShop,
  upstream: Started,
  closing: Closing,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [policy, env] of Object.entries(passing)) {
    const { url, pid } = await startGateway(servers, shop, { ...env, LEGACY_URL: upstream.url }, closing);
    const headers: Record<string, string> =
      policy === 'auth' ? { authorization: `Bearer ${(await openAccount(url)).token}` } : {};
    const programs = { 'the gateway': pid, [names.upstream]: upstream.pid };
    const chain = { programs, databases: {}, folder: none, measured: 'the gateway' };
    const paths = skus.map((sku) => `/goods/${sku}`);
    rows.push(new Row(`gateway, passed on: ${policy}`, { url, paths, headers }, chain));
  }
  return rows;
}

/** Programs that pass reads on to one that answers at once; nginx only where it is installed. */
async function rowsOfPeers(servers: BenchServers, upstream: Started, closing: Closing): Promise<Row[]> {
  const rowOf = (name: string, { url, pid }: Started, paths = catalogue) => {
    const programs = { [name]: pid, [names.upstream]: upstream.pid };
    return new Row(name, { url, paths }, { programs, databases: {}, folder: none, measured: name });
  };
  const rows = [rowOf(names.upstream, upstream), await rowOfAsking(servers, closing)];
  for (const peer of peers) rows.push(rowOf(peer, await startPeer(closing, peer, upstream.url)));
  for (const [name, how] of Object.entries(nginxes)) {
    const nginx = await startNginx(name.replace(/\W+/g, '-'), upstream.url, {
      ...{ dataDir: servers.dataDir, closing },
      ...how,
    });
    if (nginx) rows.push(rowOf(name, nginx, how.cached ? hot : catalogue));
    else console.log(`       skipped: ${name}, it is not installed (apt-get install nginx)`);
  }
  return rows;
}

/** What a gateway cannot do without: an HTTP server and a call over NATS, to a service that has no database. */
async function rowOfAsking(servers: BenchServers, closing: Closing): Promise<Row> {
  const natsUrl = await servers.nats();
  const quotes = await startProgram(new URL('../rpc/serve.js', import.meta.url), [natsUrl], /^\{.*\}$/);
  closing.add(() => quotes.stop());
  const { url, pid } = await startPeer(closing, 'asking', natsUrl);
  const programs = { [names.asking]: pid, 'the service': quotes.pid };
  return new Row(
    names.asking,
    { url, paths: catalogue },
    {
      ...{ programs, databases: {}, folder: none },
      measured: names.asking,
    },
  );
}

/** No server was started for them alone. */
const none = '\0';

/** The goals, in CPU of the process that is asked; ADR 0053 says why a module is compared so. */
function figuresOf(rows: readonly Row[], quick: boolean): Figure[] {
  const cpu = (name: string) => rows.find((row) => row.name === name)?.own;
  const against = (ours: string, theirs: string, most?: number): Figure[] => {
    const [own, others] = [cpu(ours), cpu(theirs)];
    if (!own || !others) return [];
    const goal = quick || most === undefined ? {} : { atMost: most };
    return [{ figure: `CPU of ${ours} against ${theirs}`, ...goal, ...reached(ratios(own, others)) }];
  };
  return [
    ...rows.map((row): Figure => ({
      figure: `CPU of a read, µs: ${row.name}`,
      ...reached(intervalOf(row.own)),
    })),
    ...against(nameOf('all'), 'express-http-proxy', 1 / 2),
    ...against(nameOf('all'), '@fastify/http-proxy'),
    ...against(nameOf('all'), names.asking),
    ...against('gateway, passed on: all', 'express-http-proxy', 1 / 2),
    ...against(nameOf('cache'), 'nginx, kept', 5),
    ...against(nameOf('all, kept'), 'nginx, kept and logged', 5),
  ];
}

const tableOf = (rows: readonly Row[]) =>
  Object.fromEntries(
    rows.map((row) => [
      row.name,
      {
        'CPU, µs': rounded(median(row.own)),
        'whole chain, µs': rounded(median(row.whole)),
        '/s': Math.round(row.perSecond),
        'p50, ms': rounded(row.latency(0.5)),
        'p99, ms': rounded(row.latency(0.99)),
      },
    ]),
  );

const partsOf = (rows: readonly Row[]) =>
  Object.fromEntries(rows.map((row) => [row.name, { ...tableOf([row])[row.name], parts: row.parts }]));

const rounded = (value: number): number => Math.round(value * 10) / 10;
