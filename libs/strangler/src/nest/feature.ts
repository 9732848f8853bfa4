import { Module, type DynamicModule, type InjectionToken, type Provider, type Type } from '@nestjs/common';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Contract, Handlers, InputOf, NamesOf } from '../contract/contract.js';
import type { ServiceContract } from '../contract/service-contract.js';
import { Executor, type Handler, type Preparation } from '../calls/executor.js';
import type { CallOut, ExternalCall } from '../calls/external.js';
import { EventDelivery } from '../calls/events/delivery.js';
import { toldEvents } from '../calls/events/told-events.js';
import { Events } from '../calls/events/events.js';
import { Subscribers } from '../calls/events/subscribers.js';
import { LocalModules } from '../calls/local-modules.js';
import { prepare, type PreparedOperation } from '../contract/operation.js';
import { ReadGuard } from '../calls/read-guard.js';
import { Router } from '../calls/router.js';
import { SagaDriver } from '../calls/sagas/driver.js';
import { SagaEngine } from '../calls/sagas/engine.js';
import { SagaRecovery } from '../calls/sagas/recovery.js';
import type { AnySaga } from '../calls/sagas/saga.js';
import { Steps } from '../calls/sagas/steps.js';
import type { OutsideStream } from '../nats/outside-stream.js';
import { Agents } from '../sides/agents.js';
import { transactionalRepository } from '../database/transaction.js';
import type { ModuleOptions } from './module-options.js';
import { movingModule, viewsOf } from './moving-module.js';
import { handlersToken, serviceProviders } from './service-feature.js';

type Processes<C extends Contract> = { [K in NamesOf<C, 'process'>]: Type<AnySaga> };

/** What `S` prepares for commands before their transactions: each value is what its method takes beside the input. */
type Preparations<C extends Contract, S extends Handlers<C>> = {
  [K in NamesOf<C, 'command'>]?: (
    service: S,
    input: InputOf<C['operations'][K]>,
  ) => Promise<Parameters<S[K]>[1]>;
};

/** What `S` calls outside the database for commands that name a `result`; see {@link ExternalCall}. */
type Calls<C extends Contract, S extends Handlers<C>> = {
  [K in NamesOf<C, 'command'>]?: (
    service: S,
    input: InputOf<C['operations'][K]>,
    how: CallOut,
  ) => Promise<unknown>;
};

/**
 * What a module brings. `processes` must name a saga class for each process of the contract.
 *
 * @example
 * ```ts
 * const options: FeatureOptions<typeof orders, OrdersService> = { tables: [OrderRow], routingKey: 'id' };
 * ```
 */
export type FeatureOptions<C extends Contract, S extends Handlers<C> = Handlers<C>> = ModuleOptions & {
  /** The calls of commands with effects outside the database; they never share a transaction. */
  external?: Calls<C, S>;
  /** What commands need that takes long and needs no transaction; see {@link Preparation}. */
  prepare?: Preparations<C, S>;
} & ([NamesOf<C, 'process'>] extends [never] ? { processes?: undefined } : { processes: Processes<C> });

/** The data source of the process, under whichever token the application has it. */
export const DATA_SOURCE = Symbol('strangler:data source');

/** Where the process tells outsiders of events; null: nowhere. */
export const EVENT_STREAM = Symbol('strangler:event stream');

/** What `forFeature` and `forService` make of a module. */
@Module({})
export class StranglerFeature {
  static of<C extends Contract, S extends Handlers<C>>(
    contract: C,
    service: Type<S>,
    options: FeatureOptions<C, S>,
  ): DynamicModule {
    return this.served(contract, service, [service], options);
  }

  static behind(contract: ServiceContract, options: ModuleOptions): DynamicModule {
    return this.served(contract, handlersToken(contract), serviceProviders(contract), options);
  }

  /** `handlers`: the token of what has the operations. */
  private static served(
    contract: Contract,
    handlers: InjectionToken,
    service: Provider[],
    options: AnyOptions,
  ): DynamicModule {
    const { tables = [], providers = [], external = {}, processes, prepare: preparations = {} } = options;
    const { imports = [], dataSource: name, sharedTables = [] } = options;
    const all = [...tables.filter((table) => typeof table !== 'string'), ...sharedTables];
    const repositories = all.map((table) => ({
      provide: getRepositoryToken(table, name),
      useFactory: (dataSource: DataSource) => transactionalRepository(dataSource, table),
      inject: [DATA_SOURCE],
    }));
    const sagas = Object.entries((processes ?? {}) as Record<string, Type<AnySaga>>);
    const stays = options.tables === undefined && onlyQueries(contract);
    return {
      module: StranglerFeature,
      imports: [TypeOrmModule.forFeature(all, name), ...imports],
      providers: [
        ...service,
        ...providers,
        ...repositories,
        ...sagas.map(([, saga]) => saga),
        ...sagaEngine,
        ...(sagas.length > 0 ? [sagaRecovery] : []),
        ...(contract.events.length > 0 ? [deliveryOf(contract)] : []),
        executorOf(contract, handlers, { sagas, external, preparations, stays }),
        ...(stays ? [] : [agentOf(contract, options)]),
      ],
    };
  }
}

/** Its types forgotten. */
interface AnyOptions extends ModuleOptions {
  external?: object;
  prepare?: object;
  processes?: object | undefined;
}

/** Nothing has to be remembered of a query, and nobody has to own what it reads. */
const onlyQueries = (contract: Contract): boolean =>
  [...prepare(contract).values()].every(({ kind }) => kind === 'query');

const sagaEngine: Provider[] = [
  {
    provide: SagaDriver,
    useFactory: (dataSource: DataSource, router: Router, agents: Agents) =>
      new SagaDriver(dataSource, new Steps(router), agents),
    inject: [DATA_SOURCE, Router, Agents],
  },
  {
    provide: SagaEngine,
    useFactory: (dataSource: DataSource, router: Router, driver: SagaDriver, agents: Agents) =>
      new SagaEngine(dataSource, new Steps(router), driver, agents),
    inject: [DATA_SOURCE, Router, SagaDriver, Agents],
  },
];

/** Only where there are sagas: elsewhere there is no table to look into. */
const sagaRecovery: Provider = {
  provide: SagaRecovery,
  useFactory: (engine: SagaEngine) => new SagaRecovery(engine),
  inject: [SagaEngine],
};

/** Only where the module tells something. */
const deliveryOf = ({ name: module }: Contract): Provider => ({
  provide: `EventDelivery(${module})`,
  useFactory: (
    dataSource: DataSource,
    subscribers: Subscribers,
    router: Router,
    agents: Agents,
    stream: OutsideStream | null,
  ) => {
    const subscriber = subscribers.outsideOf(module);
    return new EventDelivery({
      ...{ module, router },
      database: agents.databaseOf(dataSource),
      subscribers: subscribers.modulesOf(module),
      outside: stream && subscriber ? { subscriber, stream } : undefined,
      stored: (keys) => agents.onHit(module, '', keys),
    });
  },
  inject: [DATA_SOURCE, Subscribers, Router, Agents, EVENT_STREAM],
});

interface ExecutorParts {
  sagas: [string, Type<AnySaga>][];
  external: object;
  preparations: object;
  /** Whatever is asked of it is answered here. */
  stays: boolean;
}

function executorOf(
  contract: Contract,
  service: InjectionToken,
  { sagas, external, preparations, stays }: ExecutorParts,
): Provider {
  return {
    provide: `Executor(${contract.name})`,
    useFactory: (
      dataSource: DataSource,
      modules: LocalModules,
      engine: SagaEngine,
      guard: ReadGuard,
      acknowledger: Agents,
      router: Router,
      instance: object,
      ...definitions: AnySaga[]
    ) => {
      const operations = prepare(contract);
      sagas.forEach(([name], i) =>
        engine.register(operations.get(name) as PreparedOperation, definitions[i] as AnySaga),
      );
      const handlers = handlersOf(operations, instance);
      const executor = new Executor(contract, handlers, dataSource, engine, {
        external: boundTo<ExternalCall>(instance, external),
        settle: (operation, input, how) => router.call(operation, input, how),
        prepare: boundTo<Preparation>(instance, preparations),
        guard: stays ? undefined : guard,
        acknowledger,
        lists: modules.lists,
        prove: (module) => acknowledger.prove(module),
      });
      modules.add(executor);
      return executor;
    },
    inject: [
      DATA_SOURCE,
      LocalModules,
      SagaEngine,
      ReadGuard,
      Agents,
      Router,
      service,
      ...sagas.map(([, saga]) => saga),
    ],
  };
}

type OfService = (service: object, ...given: unknown[]) => unknown;

/** Functions that were given with the service as their first argument, by their names. */
const boundTo = <F extends (...given: never[]) => unknown>(
  service: object,
  functions: object,
): ReadonlyMap<string, F> =>
  new Map(
    Object.entries(functions as Record<string, OfService>).map(([name, of]) => [
      name,
      ((...given: unknown[]) => of(service, ...given)) as unknown as F,
    ]),
  );

/** What this process does for its side of the module. */
function agentOf(contract: Contract, options: AnyOptions): Provider {
  const { processes } = options;
  return {
    provide: `SideAgent(${contract.name})`,
    useFactory: (
      ...[dataSource, agents, engine, subscribers, { areTold }]: [
        DataSource,
        Agents,
        SagaEngine,
        Subscribers,
        Events,
      ]
    ) => {
      const told = areTold ? toldEvents(contract, subscribers.of(contract.name)) : undefined;
      return agents.add(movingModule(contract, options, dataSource, areTold), dataSource, {
        ...(processes && {
          stranded: (on) => engine.stranded(contract.name, on),
          definitions: () => engine.definitions(contract.name),
        }),
        events: { told, views: viewsOf(contract.name, options, dataSource) },
      });
    },
    inject: [DATA_SOURCE, Agents, SagaEngine, Subscribers, Events],
  };
}

function handlersOf(
  operations: ReadonlyMap<string, PreparedOperation>,
  service: object,
): Readonly<Record<string, Handler>> {
  const own = [...operations.values()].filter((operation) => operation.kind !== 'process');
  return Object.fromEntries(
    own.map(({ name }) => [name, (service as Record<string, Handler>)[name]?.bind(service) as Handler]),
  );
}
