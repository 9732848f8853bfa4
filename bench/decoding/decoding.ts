import { Closing } from '#platform';
import { Logger } from '@nestjs/common';
import { join } from 'node:path';
import pg from 'pg';
import { SideAgent } from '#strangler/sides/agent';
import { drained, openWays, startSending, type Ways } from '../depot/captured.js';
import { depot, makeDepot } from '../depot/depot.js';
import { anySale, sell } from '../depot/sell.js';
import { sellersIn, usOfAll, type Sellers } from '../depot/sellers.js';
import { ratios } from '../pairs.js';
import { reached, report, type Figure } from '../report.js';
import { alternate, median } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { LogicalServer } from './logical-server.js';
import { startReader } from './reader.js';

const name = {
  plain: 'plain',
  logical: 'plain, wal_level = logical',
  decoded: 'decoded from a slot',
  captured: 'captured by triggers, sent and stored',
};

/** One of the things compared, with what all sessions in its database use: also those who read what was written. */
interface Watched extends Sellers {
  /** CPU of all sessions for a sale, in µs, round by round. */
  readonly allUs: number[];
  /** WAL for a sale, in bytes, round by round. */
  readonly walBytes: number[];
}

/**
 * What it costs a database that its changes go elsewhere: by triggers and an outbox, or by logical decoding. And what is
 * kept for a reader who does not come.
 */
export async function decoding(servers: BenchServers, quick: boolean): Promise<boolean> {
  Logger.overrideLogger(['error', 'warn']);
  const closing = new Closing();
  const server = new LogicalServer(join(servers.dataDir, 'logical'));
  closing.add(() => server.release());
  try {
    await server.prepare();
    const at = async (of: BenchServers, database: string) => makeDepot(of, database, { full: true });
    const logical = await at(server, 'bench_logical');
    const decoded = await at(server, 'bench_decoded');
    const admin = await server.admin(decoded);
    closing.add(() => admin.end());
    const reader = await startReader(admin, await server.asSuperuser(decoded), 'bench_decoded', closing);
    const ways = await openWays(apart(servers, server), 'bench_decoding', closing);
    const agent = await sending(ways, closing);
    const watched = {
      [name.plain]: await watch(name.plain, await at(servers, 'bench_decoding_plain'), closing),
      [name.logical]: await watch(name.logical, logical, closing),
      [name.decoded]: await watch(name.decoded, decoded, closing, () => reader.caughtUp()),
      [name.captured]: await watch(name.captured, ways.here, closing, () => drained(ways)),
    };
    const rates = await alternate(
      Object.values(watched),
      quick ? { rounds: 6, ms: 200 } : { rounds: 20, ms: 700 },
    );
    await reader.stop();
    await agent.stop();
    const kept = await keptFor(quick ? 500 : 5_000, { ways, admin, decoded, elsewhere: logical }, closing);
    return await report('decoding', rates, [...costs(watched), ...kept]);
  } finally {
    await closing.closeAll();
  }
}

/** The copy is on the other server: what is written there is not counted as WAL of this one. */
const apart = (here: BenchServers, there: BenchServers): Pick<BenchServers, 'nats' | 'freshDatabase'> => ({
  nats: () => here.nats(),
  freshDatabase: (name) => (name.endsWith('_copy') ? there : here).freshDatabase(name),
});

async function sending(ways: Ways, closing: Closing): Promise<SideAgent> {
  const agent = new SideAgent({ database: ways.from, module: depot, side: 'monolith', link: ways.link });
  await agent.start();
  closing.add(() => agent.stop());
  await startSending(ways, agent);
  return agent;
}

/** `settled`: resolves when nothing is left to be read. */
async function watch(
  called: string,
  url: string,
  closing: Closing,
  settled = () => Promise.resolve(),
): Promise<Watched> {
  const sellers = await sellersIn(called, url, closing);
  const client = await connected(url, closing);
  const seen = async () => {
    const { rows } = await client.query<{ pids: number[]; wal: number }>(
      `select array(select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()) as pids,
         (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as wal`,
    );
    return { us: await usOfAll(rows[0]!.pids), wal: rows[0]!.wal };
  };
  const [allUs, walBytes]: [number[], number[]] = [[], []];
  const rate = async (ms: number) => {
    const before = await seen();
    const begun = performance.now();
    const perSecond = await sellers.rate(ms);
    const sold = (perSecond * (performance.now() - begun)) / 1_000;
    await settled();
    const after = await seen();
    allUs.push((after.us - before.us) / sold);
    walBytes.push((after.wal - before.wal) / sold);
    return perSecond;
  };
  return { ...sellers, rate, allUs, walBytes };
}

function costs(watched: Readonly<Record<string, Watched>>): Figure[] {
  const of = (called: string, what: 'cpuUs' | 'allUs' | 'walBytes') => watched[called]![what].slice(1);
  const against = (what: 'cpuUs' | 'allUs' | 'walBytes', text: string) =>
    [name.logical, name.decoded, name.captured].map((called) => ({
      figure: `${text}: ${called}, against plain`,
      ...reached(ratios(of(called, what), of(name.plain, what))),
    }));
  return [
    ...Object.keys(watched).flatMap((called) => [
      {
        figure: `${called}: CPU of a sale in the sessions that sell, µs`,
        reached: median(of(called, 'cpuUs')),
      },
      { figure: `${called}: CPU of a sale in all sessions, µs`, reached: median(of(called, 'allUs')) },
      { figure: `${called}: WAL of a sale, bytes`, reached: median(of(called, 'walBytes')) },
    ]),
    ...against('cpuUs', 'CPU of who sells'),
    ...against('allUs', 'CPU of all sessions'),
    ...against('walBytes', 'WAL'),
  ];
}

/** What stays on the disk for a reader who is away, for each of so many sales: in tables that he reads, and in those of another database. */
async function keptFor(
  sales: number,
  where: { ways: Ways; admin: pg.Client; decoded: string; elsewhere: string },
  closing: Closing,
): Promise<Figure[]> {
  const slot = async () => {
    const { rows } = await where.admin.query<{ kept: number }>(
      `select (pg_current_wal_lsn() - restart_lsn)::float8 as kept from pg_replication_slots where slot_name = 'bench_decoded'`,
    );
    return rows[0]!.kept;
  };
  const outbox = async () =>
    (
      await where.ways.from.query<{ kept: number }>(
        `select pg_total_relation_size('strangler.outbox')::float8 as kept`,
      )
    )[0]!.kept;
  const each = async (kept: () => Promise<number>, url: string) => {
    const [before, client] = [await kept(), await connected(url, closing)];
    for (let sold = 0; sold < sales; sold++) await sell(client, anySale());
    return ((await kept()) - before) / sales;
  };
  // Rows that are gone have left room.
  await where.ways.from.query('vacuum full strangler.outbox');
  return [
    { figure: 'kept by the slot for a sale that it sends, bytes', reached: await each(slot, where.decoded) },
    {
      figure: 'kept by the slot for a sale in another database, bytes',
      reached: await each(slot, where.elsewhere),
    },
    {
      figure: 'kept by the outbox for a sale that it sends, bytes',
      reached: await each(outbox, where.ways.here),
    },
  ];
}

async function connected(url: string, closing: Closing): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  closing.add(() => client.end());
  return client;
}
