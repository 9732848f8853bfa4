import { Closing, dataSourceOptions } from '#platform';
import { Agents } from '#strangler/sides/agents';
import { Executor } from '#strangler/calls/executor';
import { routeOf, Routes } from '#strangler/routes/routes';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { drained, openWays, requireSame, startSending, type Ways } from '../depot/captured.js';
import { depot } from '../depot/depot.js';
import { anySale } from '../depot/sell.js';
import { report } from '../report.js';
import { alternate, glance, inLanes, ratio, type Contender } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { handlersOn, sales } from './contract.js';

/** What is to be reached of `ack: owner`, by the number of writers. */
const goals = [
  { writers: 16, atLeast: 0.8 },
  { writers: 64, atLeast: 1 },
];
type Ack = 'both' | 'owner';
const nameOf = (ack: Ack, writers: number) => `ack: ${ack}, ${writers} writers`;
const noProcesses = { run: () => Promise.reject(new Error('the module has no processes')) };

/** Commands of a module in dual-write that are answered when the other side has them, against when they are committed. */
export async function ack(servers: BenchServers, quick: boolean): Promise<boolean> {
  Logger.overrideLogger(['error', 'warn']);
  const closing = new Closing();
  try {
    const ways = await openWays(servers, 'bench_ack', closing);
    const routes = new Routes();
    const executor = await executorOn(ways, routes, closing);
    const contenders = goals.flatMap(({ writers }) =>
      (['both', 'owner'] as const).map((how) => commands(how, writers, { ways, routes, executor })),
    );
    const rates = await alternate(contenders, quick ? glance : { rounds: 12, ms: 2_000 });
    await requireSame(ways);
    const figures = goals.map(({ writers, atLeast }) => ({
      figure: `ack: both against ack: owner, ${writers} writers`,
      reached: ratio(rates, nameOf('both', writers), nameOf('owner', writers)),
      atLeast,
    }));
    return await report('ack', rates, figures);
  } finally {
    await closing.closeAll();
  }
}

/** The module as an application has it: its connections, its agent with the relay, its executor. */
async function executorOn(ways: Ways, routes: Routes, closing: Closing): Promise<Executor> {
  const dataSource = await new DataSource(dataSourceOptions(ways.here)).initialize();
  closing.add(() => dataSource.destroy());
  const agents = new Agents('monolith', ways.link, routes);
  const agent = agents.add(depot, dataSource);
  await agents.start();
  closing.add(() => agents.stop());
  await startSending(ways, agent);
  return new Executor(sales, handlersOn(dataSource), dataSource, noProcesses, { acknowledger: agents });
}

/** What `ack: owner` leaves behind is not counted, and does not stay for who comes next. */
function commands(
  how: Ack,
  writers: number,
  { ways, routes, executor }: { ways: Ways; routes: Routes; executor: Executor },
): Contender {
  const selling = inLanes(nameOf(how, writers), writers, () =>
    executor.execute('sell', { ...anySale(), quantity: 1 }),
  );
  return {
    ...selling,
    rate: async (ms) => {
      routes.replace({ [sales.name]: { ...routeOf('dual-write'), ack: how } });
      const rate = await selling.rate(ms);
      await drained(ways);
      return rate;
    },
  };
}
