import type { Contract } from 'nestjs-strangler/contract';
import { InventoryModule } from '#domain/inventory';
import { OrdersModule } from '#domain/orders';
import { PaymentsModule } from '#domain/payments';
import { UsersModule } from '#domain/users';
import type { Port } from 'nestjs-strangler';
import { LocalModules } from '#strangler/calls/local-modules';
import { NatsCalls } from '#strangler/calls/remote/client';
import { NatsLink } from '#strangler/nats/link';
import { publishRoutes } from '#strangler/nats/route-sync';
import { routeOf, Routes, type RouteEntry } from '#strangler/routes/routes';
import { Router } from '#strangler/calls/router';
import { runners as waysToReach, twice } from 'nestjs-strangler/testing';
import type { Type } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { buckets } from '#strangler/routes/bucket';
import { Database } from '#strangler/database/database';
import { dataSourceOptions } from '#platform';
import { startModules } from '../support/modules.js';
import { freshDatabase, type TestDatabase } from '../support/postgres.js';
import { startNats } from '../support/nats.js';
import { makeSetup, moduleNames, openService, type ModuleName } from '../support/shop.js';

const everything = [UsersModule, InventoryModule, PaymentsModule, OrdersModule];

/** Modules that a contract suite calls, wherever they run. */
export interface RunningPorts {
  port<C extends Contract>(contract: C): Port<C>;
  stop(): Promise<void>;
}

/** One way to reach the modules. Every contract suite runs over every one of them (ServiceWeaver's runner matrix). */
export interface ContractRunner {
  readonly name: string;
  /** `needed`: the modules that the suite calls, and those that they call. */
  start(needed?: readonly ModuleName[]): Promise<RunningPorts>;
}

/** Everything in this process. */
const local: ContractRunner = { name: 'local', start: () => startModules(everything) };

/** Every command is delivered twice, at the same time; both deliveries must end alike. */
const duplicated: ContractRunner = {
  name: 'duplicated',
  start: async () => {
    const { port, stop } = await startModules(everything);
    return { port: (contract) => twice(contract, port(contract)), stop };
  },
};

/** The toolkit's ways to reach a module that calls no other: also with half of its keys at either side. */
export function waysOf(module: Type, contract: Contract): ContractRunner[] {
  const opened: TestDatabase[] = [];
  const fresh = async () => {
    const database = await freshDatabase();
    opened.push(database);
    return dataSourceOptions(database.url);
  };
  const ways = waysToReach(async () => ({
    ...{ module, contracts: [contract] },
    databases: { monolith: await fresh(), extracted: await fresh() },
  }));
  return ways.map(({ name, start }) => ({
    name: `${name}, both sides in this process`,
    start: async () => {
      const { port, close } = await start();
      const stop = async () => {
        await close();
        await Promise.all(opened.splice(0).map((database) => database.drop()));
      };
      return { port: (each) => port(patient(each)), stop };
    },
  }));
}

/** Every module that is needed in a process of its own with a database of its own, over NATS. */
export const remote: ContractRunner = {
  name: 'remote',
  start: async (needed = moduleNames) => {
    const nats = await startNats();
    const setup = await makeSetup(nats.url);
    await setup.extract(needed);
    const services = await Promise.all(needed.map((name) => openService(setup, name)));
    const databases = await Promise.all(
      needed.map(async (name) => [name, await ownAll(setup.databaseOf(name), name)] as const),
    );
    const caller = callerOf(nats.url, Object.fromEntries(databases));
    return {
      port: caller.port,
      stop: async () => {
        await caller.close();
        await Promise.all(services.map((service) => service.end()));
        await setup.drop();
        await nats.stop();
      },
    };
  },
};

/** Id of the database of a monolith, if there was one. */
const shop = uuidv7();

/** There is no monolith that could hand anything off, or be paired. Answers the database's id. */
async function ownAll(url: string, module: string): Promise<string> {
  const database = new Database(url);
  await database.query(
    `insert into strangler.ownership (module, side, extracted_below, home, peer, peer_since)
     values ($1, 'extracted', ${buckets}, strangler.home(), $2, now())
     on conflict (module) do update set extracted_below = excluded.extracted_below, peer = $2, peer_since = now()`,
    [module, shop],
  );
  const [row] = await database.query<{ id: string }>('select strangler.database_id() as id');
  await database.close();
  return row!.id;
}

/** A process without modules, as a gateway is; it also tells the services where the modules are. */
function callerOf(url: string, databases: Readonly<Record<string, string>>) {
  const link = new NatsLink(() => Promise.resolve({ servers: url }));
  const routes = new Routes();
  routes.join({ database: shop, shop, since: null, modules: [] });
  const entryOf = (name: string): RouteEntry => ({
    ...routeOf('extracted'),
    databases: { monolith: shop, extracted: databases[name] ?? null },
  });
  routes.replace(Object.fromEntries(moduleNames.map((name) => [name, entryOf(name)])));
  publishRoutes(link, routes);
  const router = new Router(routes, new LocalModules(undefined), new NatsCalls(link, routes));
  link.start();
  return {
    port: <C extends Contract>(contract: C) => router.port(patient(contract)),
    close: () => link.close(),
  };
}

/** Its operations, which may take as long as they take: how busy a machine is, is none of a contract's affairs. */
const patient = <C extends Contract>(contract: C): C => ({
  ...contract,
  operations: Object.fromEntries(
    Object.entries(contract.operations).map(([name, operation]) => [
      name,
      { ...operation, timeoutMs: 60_000 },
    ]),
  ),
});

export const runners: readonly ContractRunner[] = [local, remote, duplicated];
