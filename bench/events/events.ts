import { Closing } from '#platform';
import { Logger, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Logger as JobLogger, makeWorkerUtils, run, type WorkerUtils } from 'graphile-worker';
import { StranglerModule } from 'nestjs-strangler';
import { twoSides } from 'nestjs-strangler/testing';
import { migrate } from 'nestjs-strangler/migrate';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Events } from '#strangler/calls/events/events';
import { withContext } from '#strangler/database/context';
import { inTransaction } from '#strangler/database/transaction';
import { usOfAll } from '../depot/sellers.js';
import { ratios } from '../pairs.js';
import { reached, report, type Figure } from '../report.js';
import { alternate, median, type Contender } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { clock, ClockModule, count, ear, EarModule, heard, tables, ticked } from './contract.js';

const name = {
  events: 'events, handled in the order of their keys',
  apart: 'the same, whose subscriber is a service behind NATS',
  jobs: "graphile-worker's jobs, in any order",
};
const keys = 500;
/** What is told in one transaction. */
const together = 100;

@Module({})
class App {}

/**
 * How many events a second are told, delivered and handled, and what that takes, beside jobs of graphile-worker that do the same; and how
 * late an event is at a steady pace.
 */
export async function events(servers: BenchServers, quick: boolean): Promise<boolean> {
  Logger.overrideLogger(['error', 'warn']);
  const closing = new Closing();
  try {
    const [ours, theirs] = [await database(servers, 'bench_events'), await database(servers, 'bench_jobs')];
    const app = await start(ours, closing);
    const teller = tellerOf(app);
    const apart = await overNats(servers, closing);
    const work = quick ? 1_000 : 10_000;
    const contenders = [
      await watched(name.events, [ours], work, closing, teller),
      await watched(name.apart, apart.urls, work, closing, apart.teller),
      await watched(name.jobs, [theirs], work, closing, await jobsOf(theirs, closing)),
    ];
    const rates = await alternate(contenders, quick ? { rounds: 2, ms: 1 } : { rounds: 12, ms: 1 });
    const paced: Figure[] = [];
    for (const [perSecond, atMost] of [
      [800, 10],
      [5_000, 50],
    ] as const)
      paced.push(...(await lagAt({ perSecond, atMost }, quick ? 1_000 : 15_000, teller)));
    for (const perSecond of [800, 5_000])
      paced.push(...(await lagAt({ perSecond, where: 'over NATS, ' }, quick ? 1_000 : 15_000, apart.teller)));
    const us = (of: number) => contenders[of]!.us.slice(1);
    const against = (of: string) => reached(ratios(rates[of]!, rates[name.jobs]!));
    return await report('events', rates, [
      { figure: 'events against jobs, a second', ...against(name.events) },
      { figure: 'events over NATS against jobs, a second', ...against(name.apart) },
      { figure: 'CPU of an event, µs', reached: median(us(0)) },
      { figure: 'CPU of an event over NATS, µs', reached: median(us(1)) },
      { figure: 'CPU of a job, µs', reached: median(us(2)) },
      { figure: 'CPU of an event against that of a job', ...reached(ratios(us(0), us(2))) },
      ...paced,
      { figure: 'heard out of order', reached: await outOfOrder(ours), atMost: 0 },
      { figure: 'heard out of order over NATS', reached: await outOfOrder(apart.urls[1]), atMost: 0 },
    ]);
  } finally {
    await closing.closeAll();
  }
}

async function database(servers: BenchServers, called: string): Promise<string> {
  const url = await servers.freshDatabase(called);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await migrate(client);
  await client.query(tables);
  await client.end();
  return url;
}

/** As the subscriber has written it down. */
async function outOfOrder(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ sum: number }>('select sum(out_of_order)::int as sum from ear.heard');
  await client.end();
  return rows[0]!.sum;
}

async function start(url: string, closing: Closing): Promise<INestApplicationContext> {
  const wiring = StranglerModule.forRoot({ side: 'monolith', contracts: [clock, ear], database: url });
  const imports = [wiring, ClockModule, EarModule];
  const app = await NestFactory.createApplicationContext({ module: App, imports }, { logger: false });
  closing.add(() => app.close());
  return app;
}

/** The same with the subscriber in a service: both sides are in this process, as their clock is one, with NATS and two databases between. */
async function overNats(servers: BenchServers, closing: Closing) {
  const databases = {
    monolith: await database(servers, 'bench_events_monolith'),
    extracted: await database(servers, 'bench_events_extracted'),
  };
  const sides = await twoSides({
    ...{ module: EarModule, contracts: [clock, ear], imports: [ClockModule], databases },
    nats: await servers.nats(),
  });
  closing.add(() => sides.close());
  await sides.goTo('extracted');
  return {
    urls: [databases.monolith, databases.extracted] as const,
    teller: tellerOf(sides.monolith),
  };
}

/** Tells so many, and resolves once they are told. */
type Teller = (many: number) => Promise<void>;

function tellerOf(app: INestApplicationContext): Teller & { handled: () => number } {
  const [told, dataSource, out] = [new Map<string, number>(), app.get(DataSource), app.get(Events)];
  let place = 0;
  // They count once their transaction has committed, which may have begun anew.
  const next = (many: number) => {
    const ahead = new Map<string, number>();
    return Array.from({ length: many }, (_, i): [string, number] => {
      const key = `key-${(place + i) % keys}`;
      ahead.set(key, (ahead.get(key) ?? told.get(key) ?? 0) + 1);
      return [key, ahead.get(key)!];
    });
  };
  const tell = (many: number) =>
    withContext({ requestId: 'bench', servedBy: new Map() }, () =>
      inTransaction(dataSource, 'clock', async (manager) => {
        await manager.query(`select strangler.assert_owner('clock', '{}')`);
        const at = performance.now();
        for (const [key, n] of next(many)) out.emit(ticked, { key, n, at });
      }).then(() => {
        for (const [key, n] of next(many)) told.set(key, n);
        place += many;
      }),
    );
  return Object.assign(tell, { handled: () => heard.lags.length });
}

async function jobsOf(url: string, closing: Closing): Promise<Teller & { handled: () => number }> {
  let done = 0;
  const pgPool = new pg.Pool({ connectionString: url, max: 12 });
  closing.add(() => pgPool.end());
  const silent = new JobLogger(() => () => undefined);
  const utils: WorkerUtils = await makeWorkerUtils({ pgPool, logger: silent });
  await utils.migrate();
  const runner = await run({
    ...{ pgPool, concurrency: 10, noHandleSignals: true, pollInterval: 100, logger: silent },
    taskList: {
      tick: async (payload, helpers) => {
        await helpers.query(count, [(payload as { key: string }).key, 1]);
        done++;
      },
    },
  });
  closing.add(async () => {
    await runner.stop();
    await utils.release();
  });
  let place = 0;
  const tell = async (many: number) => {
    const jobs = Array.from({ length: many }, () => ({ key: `key-${place++ % keys}` }));
    await utils.withPgClient((client) =>
      client.query(
        `select graphile_worker.add_jobs(array(select row('tick', payload, null, null, null, null, null, null)::graphile_worker.job_spec
           from json_array_elements($1::json) payload))`,
        [JSON.stringify(jobs)],
      ),
    );
  };
  return Object.assign(tell, { handled: () => done });
}

/** A contender, with the CPU of this process and of all sessions for a unit, in µs, round by round. */
async function watched(
  called: string,
  urls: readonly string[],
  work: number,
  closing: Closing,
  teller: Teller & { handled: () => number },
): Promise<Contender & { us: number[] }> {
  const client = new pg.Client({ connectionString: urls[0] });
  await client.connect();
  closing.add(() => client.end());
  const databases = urls.map((url) => new URL(url).pathname.slice(1));
  const sessions = async () => {
    const { rows } = await client.query<{ pid: number }>(
      'select pid from pg_stat_activity where datname = any($1) and pid <> pg_backend_pid()',
      [databases],
    );
    return usOfAll(rows.map(({ pid }) => pid));
  };
  const us: number[] = [];
  const rate = async () => {
    const goal = teller.handled() + work;
    const [before, cpu, begun] = [await sessions(), process.cpuUsage(), performance.now()];
    for (let told = 0; told < work; told += together) await teller(together);
    while (teller.handled() < goal) await sleep(2);
    const ms = performance.now() - begun;
    const { user, system } = process.cpuUsage(cpu);
    us.push((user + system + (await sessions()) - before) / work);
    return (work / ms) * 1_000;
  };
  return { name: called, rate, us };
}

/** How late events are handled that are told at a steady pace. */
async function lagAt(
  { perSecond, atMost, where = '' }: { perSecond: number; atMost?: number; where?: string },
  ms: number,
  teller: Teller & { handled: () => number },
): Promise<Figure[]> {
  const tickMs = 10;
  const many = Math.round((perSecond * tickMs) / 1_000);
  const from = heard.lags.length;
  let told = 0;
  const begun = performance.now();
  while (performance.now() - begun < ms) {
    const due = Math.floor((performance.now() - begun) / tickMs) * many;
    if (due > told) {
      await teller(Math.min(due - told, 10 * many));
      told += Math.min(due - told, 10 * many);
    } else await sleep(1);
  }
  while (teller.handled() < from + told) await sleep(2);
  const untilHandledMs = performance.now() - begun;
  const lags = heard.lags.slice(from).sort((a, b) => a - b);
  const at = (share: number) => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))]!;
  const pace = `${where}at ${perSecond.toLocaleString('en')} a second`;
  return [
    {
      figure: `${pace}: told a second`,
      reached: (told / ms) * 1_000,
      ...(atMost !== undefined && { atLeast: 0.95 * perSecond }),
    },
    { figure: `${pace}: handled a second`, reached: (told / untilHandledMs) * 1_000 },
    { figure: `${pace}: lag p50, ms`, reached: at(0.5) },
    { figure: `${pace}: lag p99, ms`, reached: at(0.99), ...(atMost !== undefined && { atMost }) },
  ];
}
