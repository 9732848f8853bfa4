import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { report, type Figure } from '../report.js';
import type { BenchServers } from '../servers.js';
import { histogram, quantile } from './histogram.js';
import { WriteLoad, type Write } from './load.js';
import { handOffSides, type HandOffSides } from './sides.js';

const tenth = 1_000;
const perSecond = 300;
/** Between two moves, in ms: in it writes are as they are when nothing moves. */
const restMs = 60;

/** What moves came to. */
interface Moves {
  /** From the fence on one side to the ownership on the other, in ms. */
  fencedMs: number[];
  /** Writes that met a fence or the wrong side, in ms. */
  refusedMs: number[];
  /** Writes to other buckets while something moved; writes while nothing did. */
  othersMs: number[];
  calmMs: number[];
  acknowledged: number;
  perSecond: number;
}

type Sorted = Pick<Moves, 'refusedMs' | 'othersMs' | 'calmMs'>;

/** What a hand-off costs those who write meanwhile. Two databases of one server, relays and control over NATS. */
export async function handOffBench(servers: BenchServers, quick: boolean): Promise<boolean> {
  const sides = await handOffSides(servers);
  try {
    Logger.overrideLogger(['warn', 'error']);
    const count = quick ? 12 : 300;
    const steady = await moving(sides, count, { rate: perSecond });
    const beside = await moving(sides, Math.ceil(count / 10), { rate: perSecond, besides: 300 });
    const full = await moving(sides, count / 3, {});
    await requireSum(sides, steady.acknowledged + beside.acknowledged + full.acknowledged);
    print(`fence to own, ${count} moves of 10 % of the buckets at ${perSecond} writes/s`, steady.fencedMs);
    print('writes that were refused and tried again', steady.refusedMs);
    return await report('hand-off', {}, figuresOf(steady, beside, full, quick));
  } finally {
    await sides.close();
  }
}

function figuresOf(steady: Moves, beside: Moves, full: Moves, quick: boolean): Figure[] {
  const limit = (ms: number) => (quick ? {} : { atMost: ms });
  const against = ({ othersMs }: Moves) => quantile(othersMs, 0.5) / quantile(steady.calmMs, 0.5);
  return [
    { figure: 'writes a second', reached: steady.perSecond },
    { figure: 'writes a second at full speed', reached: full.perSecond },
    { figure: 'fence to own, p50, ms', reached: quantile(steady.fencedMs, 0.5) },
    { figure: 'fence to own, p99, ms', reached: quantile(steady.fencedMs, 0.99) },
    { figure: 'refused and retried writes', reached: steady.refusedMs.length },
    {
      figure: 'refused and retried writes, p99, ms',
      ...limit(25),
      reached: quantile(steady.refusedMs, 0.99),
    },
    {
      figure: 'refused and retried writes, worst, ms',
      ...limit(100),
      reached: Math.max(...steady.refusedMs),
    },
    { figure: 'at full speed, worst, ms', ...limit(250), reached: Math.max(...full.refusedMs) },
    { figure: 'a write when nothing moves, p50, ms', reached: quantile(steady.calmMs, 0.5) },
    { figure: 'other buckets, p50 against that', ...limit(1.2), reached: against(steady) },
    { figure: 'the same beside transactions of 300 ms', ...limit(1.2), reached: against(beside) },
  ];
}

/** Moves the border by a tenth, up and down, so many times. `besides`: beside transactions of so many ms in what moves. */
async function moving(
  sides: HandOffSides,
  count: number,
  { rate, besides }: { rate?: number; besides?: number },
): Promise<Moves> {
  const load = new WriteLoad(sides, rate ? { perSecond: rate } : {});
  const start = performance.now();
  const windows: Window[] = [];
  const fencedMs: number[] = [];
  try {
    await sleep(1_000);
    for (let i = 0; i < count; i++) {
      const window = await oneMove(sides, i, besides);
      windows.push(window);
      fencedMs.push(window.fencedMs);
      await sleep(restMs);
    }
  } finally {
    await load.stop();
  }
  const acknowledged = load.writes.length;
  const perSecond = (acknowledged / (performance.now() - start)) * 1_000;
  return { fencedMs, acknowledged, perSecond, ...sorted(load.writes, windows) };
}

/** The border goes up in ten moves, and down in ten. */
async function oneMove(
  sides: HandOffSides,
  number: number,
  besides: number | undefined,
): Promise<Window & { fencedMs: number }> {
  const up = Math.floor(number / 10) % 2 === 0;
  const from = (up ? number % 10 : 9 - (number % 10)) * tenth;
  const to = from + tenth;
  const inside = besides ? await longTransaction(sides, from, besides) : undefined;
  const began = performance.now();
  const { fencedMs } = await sides.move(up ? to : from);
  const ended = performance.now();
  await inside?.over;
  return { began, ended, from, to, fencedMs: fencedMs! };
}

/** When which buckets moved. */
interface Window {
  began: number;
  ended: number;
  from: number;
  to: number;
}

function sorted(writes: readonly Write[], windows: readonly Window[]): Sorted {
  const moves: Sorted = { refusedMs: [], othersMs: [], calmMs: [] };
  for (const { bucket, began, ended, refused } of writes) {
    // By their beginning: of all that overlap a window, more are long than of all that do not.
    const during = windows.find((window) => began >= window.began && began < window.ended);
    if (refused) moves.refusedMs.push(ended - began);
    else if (!during) moves.calmMs.push(ended - began);
    else if (bucket < during.from || bucket >= during.to) moves.othersMs.push(ended - began);
  }
  return moves;
}

/** Begins a transaction that has looked at the owner of a bucket, so that a fence waits for it. Resolves when it is inside. */
async function longTransaction(
  sides: HandOffSides,
  bucket: number,
  ms: number,
): Promise<{ over: Promise<void> }> {
  const owner = await ownerOf(sides, bucket);
  const session = await owner.database.session();
  const { rows } = await session.query<{ key: string }>(
    `select 'L-' || n as key from generate_series(1, 100000) n
     where strangler.bucket('counter', 'L-' || n) between $1 and $1 + 999 limit 1`,
    [bucket],
  );
  await session.query('begin');
  await session.query(`select strangler.assert_owner('counter', array[$1])`, [rows[0]!.key]);
  const over = (async () => {
    await session.query('select pg_sleep($1)', [ms / 1_000]);
    await session.query('commit');
    await session.end();
  })();
  return { over };
}

async function ownerOf({ monolith, extracted }: HandOffSides, bucket: number) {
  const { ownership } = await monolith.agent.state();
  return bucket < ownership.extractedBelow ? extracted : monolith;
}

/** Every acknowledged write is there, once, on both sides. @throws when not. */
async function requireSum(sides: HandOffSides, written: number): Promise<void> {
  while ((await sides.pending()) > 0) await sleep(20);
  for (const { database } of [sides.monolith, sides.extracted]) {
    const [row] = await database.query<{ sum: number }>(
      'select coalesce(sum(count), 0)::int as sum from counter.counter',
    );
    if (row?.sum !== written) throw new Error(`${written} writes were acknowledged, ${row?.sum} are there`);
  }
}

function print(title: string, values: readonly number[]): void {
  console.log(`\n       ${title}`);
  for (const line of histogram(values)) console.log(`       ${line}`);
  console.log();
}
