import type { Closing } from '#platform';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '#strangler/database/database';
import { natsConnection } from '#strangler/nats/connection';
import { NatsLink } from '#strangler/nats/link';
import type { SideAgent } from '#strangler/sides/agent';
import { belongingOf } from '#strangler/sides/belonging';
import { remoteSide } from '#strangler/sides/remote';
import { startProgram } from '../program.js';
import type { BenchServers } from '../servers.js';
import { depot, makeDepot } from './depot.js';

const tables = ['stock', 'movement'];

/** A depot that is sent to another process, as in the phase dual-write: where to write, and where the rows go. */
export interface Ways {
  natsUrl: string;
  link: NatsLink;
  /** URL of the database that is captured. */
  here: string;
  /** The toolkit's connections to that database and to its copy. */
  from: Database;
  to: Database;
}

/** Where its databases and its NATS are. */
type Servers = Pick<BenchServers, 'nats' | 'freshDatabase'>;

/** Makes both databases and starts the process on the other side; `own`: the database in which that one sells. */
export async function openWays(
  servers: Servers,
  name: string,
  closing: Closing,
  own?: string,
): Promise<Ways> {
  const natsUrl = await servers.nats();
  const here = await makeDepot(servers, name, { full: true });
  const there = await makeDepot(servers, `${name}_copy`, { full: false });
  const [from, to] = [new Database(here), new Database(there)];
  closing.add(() => Promise.all([from.close(), to.close()]));
  const args = [natsUrl, there, ...(own ? [own] : [])];
  const far = await startProgram(new URL('./far.js', import.meta.url), args, /^ready$/);
  closing.add(() => far.stop());
  const link = new NatsLink(() => Promise.resolve(natsConnection(natsUrl, {})));
  closing.add(() => link.close());
  if (!(await link.connected(10_000))) throw new Error('there is no NATS');
  return { natsUrl, link, here, from, to };
}

/** Has the agent send what is written from now on, and what is there; resolves when the other side has that. */
export async function startSending(ways: Ways, agent: SideAgent): Promise<void> {
  const { from, link } = ways;
  const { module } = depot;
  const there = remoteSide(link, module, 'extracted', belongingOf(from, module));
  await there.pair((await agent.state()).standpoint);
  await agent.pair((await there.state()).standpoint);
  await there.startCapture({ backfill: false });
  await agent.startCapture({ backfill: true });
  await drained(ways);
}

/** Resolves when the other side has everything. @throws when some of it can never go there. */
export async function drained({ from }: Ways): Promise<void> {
  for (;;) {
    const [left] = await from.query<{ rows: boolean; copying: boolean; parked: boolean }>(
      `select exists (select from strangler.outbox where module = $1) as rows,
         exists (select from strangler.backfill where module = $1 and not done) as copying,
         exists (select from strangler.outbox where module = $1 and parked is not null) as parked`,
      [depot.module],
    );
    if (left!.parked) throw new Error('a row is parked');
    if (!left!.rows && !left!.copying) return;
    await sleep(2);
  }
}

/** @throws when the copy is not the same: what was measured would not be worth anything. */
export async function requireSame(ways: Ways): Promise<void> {
  await drained(ways);
  for (const table of tables) {
    const sql = `select count(*) as rows, sum(hashtextextended(t::text, 0)) as hash from depot.${table} t`;
    const [one, other] = await Promise.all([ways.from.query(sql), ways.to.query(sql)]);
    if (JSON.stringify(one) !== JSON.stringify(other)) throw new Error(`${table} differs on the other side`);
  }
}
