import { setTimeout as sleep } from 'node:timers/promises';
import { stopCapture } from '#strangler/engine/ownership/capture';
import { startBackfill } from '#strangler/engine/replication/backfill';
import { report, type Figure } from '../report.js';
import { alternate, median, ratio, type Contender } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { canPipe, copyAcross } from './copy.js';
import { benchReceiver, benchRelay, benchSide, insertItems, module, type BenchSide } from './sides.js';

const drain = 'outbox rows, of rows in random order';
const backfill = 'backfill';
const copy = 'COPY out | COPY in';

/** How fast changes and old rows reach the other side, against COPY through a pipe. Both in one process, without NATS. */
export async function replication(servers: BenchServers, quick: boolean): Promise<boolean> {
  const from = await benchSide(servers, 'monolith');
  const to = await benchSide(servers, 'extracted');
  const plain = await benchSide(servers, 'monolith', 'bench_replication_plain');
  await stopCapture(plain.database, plain.tables);
  try {
    const rows = quick ? 5_000 : 200_000;
    await insertItems(from, rows);
    await from.database.query('truncate strangler.outbox');
    await from.database.query('analyze');
    const contenders = [draining(from, to, rows), backfilling(from, to, rows)];
    if (canPipe()) contenders.push(copying(from, plain, rows));
    const rates = await alternate(contenders, { rounds: quick ? 3 : 7, ms: 0 });
    const figures: Figure[] = [
      { figure: 'outbox rows per second', atLeast: quick ? 0 : 70_000, reached: median(rates[drain] ?? []) },
    ];
    if (canPipe()) {
      const reached = ratio(rates, backfill, copy);
      figures.push({ figure: `${backfill} against ${copy}`, atLeast: quick ? 0 : 0.35, reached });
    }
    return await report('replication', rates, figures);
  } finally {
    for (const { database } of [from, to, plain]) await database.close();
  }
}

const draining = (from: BenchSide, to: BenchSide, rows: number): Contender => ({
  name: drain,
  rate: async () => {
    await from.database.query(
      'update bench.item set amount = amount + 1 where id in (select id from bench.item order by random())',
    );
    await settled(from, to);
    return relayed(from, to, rows, 'select not exists (select from strangler.outbox) as done');
  },
});

const backfilling = (from: BenchSide, to: BenchSide, rows: number): Contender => ({
  name: backfill,
  rate: async () => {
    await emptied(to);
    await startBackfill(from.database, module.module, from.tables);
    await settled(from, to);
    return relayed(from, to, rows, 'select bool_and(done) as done from strangler.backfill');
  },
});

const copying = (from: BenchSide, to: BenchSide, rows: number): Contender => ({
  name: copy,
  rate: async () => {
    await to.database.query('truncate bench.item');
    await settled(from, to);
    const start = performance.now();
    await copyAcross(from.url, to.url, 'bench.item');
    return perSecond(rows, start);
  },
});

async function relayed(from: BenchSide, to: BenchSide, rows: number, done: string): Promise<number> {
  const receiver = benchReceiver(to);
  const relay = benchRelay(from, (frame) => receiver.apply(frame));
  const start = performance.now();
  relay.start();
  while (!(await from.database.query<{ done: boolean }>(done))[0]?.done) await sleep(5);
  const rate = perSecond(rows, start);
  await relay.stop();
  return rate;
}

/** Nothing is left to be cleaned up that the rounds before, or the setup of this one, have made. */
async function settled(...sides: BenchSide[]): Promise<void> {
  for (const { database } of sides) {
    for (const table of ['bench.item', 'strangler.outbox']) await database.query(`vacuum (analyze) ${table}`);
    await database.query('checkpoint');
  }
}

const emptied = ({ database }: BenchSide): Promise<unknown> =>
  database.query(`
    alter table bench.item disable trigger strangler_truncate;
    truncate bench.item;
    alter table bench.item enable always trigger strangler_truncate`);

const perSecond = (rows: number, start: number): number => (rows / (performance.now() - start)) * 1_000;
