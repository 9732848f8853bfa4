import { type Closing, dataSourceOptions } from '#platform';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { inLanes, type Contender } from '../rounds.js';
import { anySale, sell } from './sell.js';

/** How many write at the same time. */
const clients = 16;

/** One of the things compared: those who sell in one database. */
export interface Sellers extends Contender {
  /** CPU of PostgreSQL's sessions for a sale, in µs, round by round; the first is the warm-up. */
  readonly cpuUs: number[];
}

/** Those who sell in one database, each in a session of its own. */
export async function sellersIn(name: string, url: string, closing: Closing): Promise<Sellers> {
  const sessions = await Promise.all(Array.from({ length: clients }, () => openSession(url)));
  closing.add(() => Promise.all(sessions.map(({ client }) => client.end())));
  const cpuUs: number[] = [];
  let sold = 0;
  const selling = inLanes(name, clients, async (lane) => {
    await sell(sessions[lane]!.client, anySale());
    sold++;
  });
  const used = () => usOfAll(sessions.map(({ pid }) => pid));
  const rate = async (ms: number) => {
    sold = 0;
    const before = await used();
    const perSecond = await selling.rate(ms);
    cpuUs.push(((await used()) - before) / sold);
    return perSecond;
  };
  return { name, rate, cpuUs };
}

/** CPU that these processes of one thread have used so far, in µs. */
export const usOfAll = async (pids: readonly number[]): Promise<number> =>
  (await Promise.all(pids.map(usOf))).reduce((sum, us) => sum + us, 0);

/** NaN where Linux does not say. */
const usOf = async (pid: number): Promise<number> =>
  Number((await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => 'NaN')).split(' ')[0]) / 1_000;

/** Named as the shop's are: the database looks at that. */
async function openSession(url: string): Promise<{ client: pg.Client; pid: number }> {
  const client = new pg.Client({ connectionString: dataSourceOptions(url).url });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return { client, pid: rows[0]!.pid };
}
