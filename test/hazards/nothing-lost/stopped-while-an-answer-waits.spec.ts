import { Logger, Module } from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import { NatsLink } from '#strangler/nats/link';
import { routeOf, Routes } from '#strangler/routes/routes';
import type { Parts } from '#strangler/nest/parts';
import { StranglerProcess } from '#strangler/nest/process';
import { alone } from '#strangler/nest/roles';
import { DataSource } from 'typeorm';
import { serveReplication } from '#strangler/sides/transport';
import { Agents } from '#strangler/sides/agents';
import { startNats, type TestNats } from '../../support/nats.js';
import { fruit, replicas, type Replicas } from '../../support/replication.js';
import { untilUp } from '../../support/rpc.js';
import { written } from '../../support/written.js';
import { until } from '../../support/until.js';

/*
 * A service is stopped (a deployment) while a call is carried out. The call is answered, after its changes are committed; so the
 * relay must not have stopped before it, or the write is on one side only, and nothing says so.
 */
let both: Replicas;
let nats: TestNats;
const links: NatsLink[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  [both, nats] = await Promise.all([replicas(), startNats()]);
});
afterAll(async () => {
  for (const link of links) await link.close();
  await nats.stop();
  await both.close();
});

async function connected(): Promise<NatsLink> {
  const link = new NatsLink(() => Promise.resolve({ servers: nats.url }));
  links.push(link);
  link.start();
  await untilUp(link);
  return link;
}

@Module({})
class Service {}

it('the call is answered once the other side has its changes', async () => {
  const { test, database, outgoing } = both.monolith;
  serveReplication(await connected(), await both.extracted.place(), both.extracted.receives);
  await test.query(`update strangler.ownership set capture = true where module = 'fruit'`);
  const routes = new Routes();
  routes.replace({ fruit: routeOf('shifting') });
  const agents = new Agents('monolith', await connected(), routes);
  agents.add(fruit, new DataSource({ type: 'postgres', url: test.url }));

  let there: boolean | undefined;
  const callUnderWay = async (): Promise<void> => {
    await database.query(`insert into fruit.basket values (1, 'anna')`);
    const rows = await database.query<{ id: number }>('select id::float8 as id from strangler.outbox');
    const ids = rows.map(({ id }) => id);
    await agents.afterCommit('fruit', await written(database, ids));
    const degraded = (await outgoing.outgoing()).degradedSince !== null;
    there = degraded || (await both.extracted.rows('basket')).length === 1;
  };
  // As ContractServer does: it ends when its calls have ended.
  const server = { listen: () => undefined, close: callUnderWay };
  const parts = { agents, server, role: alone } as unknown as Parts;
  const app = await NestFactory.createApplicationContext(
    {
      module: Service,
      providers: [
        {
          provide: StranglerProcess,
          useFactory: (ref: ModuleRef) =>
            new StranglerProcess({ side: 'monolith', contracts: [] }, parts, ref),
          inject: [ModuleRef],
        },
      ],
    },
    { logger: false },
  );
  await until('the relay leads', async () => {
    const rows = await both.extracted.test.query(`select from strangler.applied where seq > 0`);
    return rows.length > 0 ? true : undefined;
  });
  await app.close();
  expect(there).toBe(true);
});
