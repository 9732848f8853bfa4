import { dataSourceOptions, migrate } from '#platform';
import { withContext, type Port } from 'nestjs-strangler';
import { LocalModules } from '#strangler/calls/local-modules';
import { natsConnection } from '#strangler/nats/connection';
import { NatsLink } from '#strangler/nats/link';
import { routeOf, Routes } from '#strangler/routes/routes';
import { Router } from '#strangler/calls/router';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { Database } from '#strangler/database/database';
import type { Executor } from '#strangler/calls/executor';
import { handOffProblems } from '#strangler/control/conditions/hand-off-problems';
import { defaultSettings } from '#strangler/control/config/settings';
import { handOff, planHandOff, type HandOffEnd } from '#strangler/control/steps/hand-off';
import type { Side } from '#strangler/routes/phase';
import { isForRouter } from '#strangler/database/refusals';
import { SideAgent } from '#strangler/sides/agent';
import { belongingOf } from '#strangler/sides/belonging';
import { remoteSide } from '#strangler/sides/remote';
import type { SideControl } from '#strangler/sides/side';
import type { BenchServers } from '../servers.js';
import { counter, counterExecutor, counterSchema, counterTables } from './counter.js';

const { module: name } = counterTables;

interface HandOffSide {
  database: Database;
  dataSource: DataSource;
  agent: SideAgent;
  executor: Executor;
  link: NatsLink;
}

/** Both sides of a module that shifts, with capture and relays over NATS, and a caller that stands on neither. */
export interface HandOffSides {
  monolith: HandOffSide;
  extracted: HandOffSide;
  port: Port<typeof counter>;
  /** Ids of commands that some side has sent away at least once. */
  refused: Set<string>;
  /** Moves the border. Begins when nothing stands against it; routers are told afterwards. */
  move(below: number): Promise<HandOffEnd>;
  /** Rows in the outboxes. */
  pending(): Promise<number>;
  close(): Promise<void>;
}

/** As the controller's, in fractions of a ms. */
const clock = {
  now: () => performance.now(),
  saw: () => undefined,
  sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};

/** Opens both; the monolith owns all. */
export async function handOffSides(servers: BenchServers): Promise<HandOffSides> {
  const url = await servers.nats();
  const [monolith, extracted] = [await open(servers, url, 'monolith'), await open(servers, url, 'extracted')];
  const sides = { monolith, extracted };
  const controls = {
    monolith: monolith.agent,
    extracted: remoteSide(monolith.link, name, 'extracted', belongingOf(monolith.database, name)),
  };
  await controls.extracted.pair((await controls.monolith.state()).standpoint);
  await controls.monolith.pair((await controls.extracted.state()).standpoint);
  await controls.extracted.startCapture({ backfill: false });
  await controls.monolith.startCapture({ backfill: true });
  const routes = new Routes();
  const tell = (extractedBelow: number) =>
    routes.replace({ counter: { ...routeOf('shifting'), extractedBelow } });
  tell(0);
  const refused = new Set<string>();
  return {
    ...sides,
    port: callerOf(routes, sides, refused),
    refused,
    move: async (below) => {
      const plan = await planTo(controls, below);
      const end = await handOff(controls, plan, { clock, drainMs: 20_000 });
      if (end.outcome !== 'done') throw new Error(`${end.outcome}: ${end.reason}`);
      tell(below);
      return end;
    },
    pending: async () => {
      const states = await Promise.all([controls.monolith.state(), controls.extracted.state()]);
      return states.reduce((sum, { outgoing }) => sum + outgoing.pending, 0);
    },
    close: async () => {
      for (const { agent } of [monolith, extracted]) await agent.stop();
      for (const { link, dataSource, database } of [monolith, extracted]) {
        await link.close();
        await dataSource.destroy();
        await database.close();
      }
    },
  };
}

async function open(servers: BenchServers, nats: string, side: Side): Promise<HandOffSide> {
  const url = await servers.freshDatabase(`bench_hand_off_${side}`);
  await migrate(url, []);
  const database = new Database(url);
  const dataSource = await new DataSource(dataSourceOptions(url, { poolSize: 16 })).initialize();
  await dataSource.query(counterSchema);
  const runner = dataSource.createQueryRunner();
  await runner.query(`select strangler.create_idempotency_table('${name}')`);
  await runner.release();
  const link = new NatsLink(() => Promise.resolve(natsConnection(nats, {})));
  const agent = new SideAgent({ database, module: counterTables, side, link });
  await agent.start();
  await link.connected(5_000);
  return { database, dataSource, agent, executor: counterExecutor(dataSource), link };
}

async function planTo(controls: Record<Side, SideControl>, below: number) {
  for (;;) {
    const [monolith, extracted] = await Promise.all([controls.monolith.state(), controls.extracted.state()]);
    if (handOffProblems({ monolith, extracted }, defaultSettings.gates).length === 0) {
      return planHandOff(below, { monolith, extracted });
    }
    await sleep(10);
  }
}

/** Notes every refusal that the router follows up without its caller's knowing. */
function callerOf(
  routes: Routes,
  sides: Record<Side, HandOffSide>,
  refused: Set<string>,
): Port<typeof counter> {
  return new Router(routes, new LocalModules(undefined), {
    call: async (operation, side, input, { commandId = '' }) => {
      try {
        return await withContext({ requestId: commandId, servedBy: new Map() }, () =>
          sides[side].executor.execute(operation.name, input, commandId),
        );
      } catch (error) {
        if (isForRouter(error)) refused.add(commandId);
        throw error;
      }
    },
  }).port(counter);
}
