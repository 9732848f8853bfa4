import { dataSourceOptions, openDatabase } from '#platform';
import {
  Agents,
  CallMetrics,
  ContractServer,
  followRoutes,
  LocalModules,
  NatsCalls,
  NatsLink,
  publishRoutes,
  Router,
  Routes,
  ControlPlane,
  StranglerModule,
  type Operator,
  type Port,
  type Side,
} from 'nestjs-strangler';
import { Logger, Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { Parcels1764000000501 } from '../../examples/shipping/0001-parcels.js';
import { shipping } from '../../examples/shipping/shipping.contract.js';
import { ShippingModule } from '../../examples/shipping/shipping.module.js';
import { absentDatabase, queryOnce } from './postgres.js';

interface Parts {
  side: Side;
  url: string;
  routes: Routes;
  link: NatsLink;
  watch: CallMetrics;
}

/** An application that carries the fifth module and nothing else. */
@Module({})
class ShippingApp {
  static of({ side, url, routes, link, watch }: Parts): DynamicModule {
    return {
      module: ShippingApp,
      imports: [
        TypeOrmModule.forRoot({ ...dataSourceOptions(url), autoLoadEntities: true }),
        StranglerModule.forRoot({
          side,
          contracts: [shipping],
          routes,
          link,
          remote: new NatsCalls(link, routes),
          observer: watch,
        }),
        ShippingModule,
      ],
    };
  }
}

/** One side of the fifth module, in this process. */
interface ShippingSide extends Parts {
  readonly app: INestApplication;
  query<T extends object>(sql: string, params?: unknown[]): Promise<T[]>;
  close(): Promise<void>;
}

/** Both sides of the fifth module, in this process, each with its database; the monolith's steers. */
export interface Shipping {
  readonly port: Port<typeof shipping>;
  readonly operator: Operator;
  readonly sides: Readonly<Record<Side, Pick<ShippingSide, 'query'>>>;
  close(): Promise<void>;
}

export async function openShipping(natsUrl: string): Promise<Shipping> {
  Logger.overrideLogger(false);
  const monolith = await openSide('monolith', natsUrl);
  const extracted = await openSide('extracted', natsUrl);
  const { app, link, routes, watch } = monolith;
  publishRoutes(link, routes);
  const stopFollowing = followRoutes(extracted.link, extracted.routes, [shipping.name]);
  const agents = app.get(Agents);
  const steering = new ControlPlane({
    contracts: [shipping],
    database: agents.databaseOf(app.get(DataSource)),
    agents,
    router: app.get(Router),
    routes,
    link,
    watch,
    wishesPath: join(tmpdir(), 'there-is-no-such-strangler.yaml'),
  });
  await steering.prepare();
  steering.start();
  return {
    port: app.get(Router).port(shipping),
    operator: steering.operator,
    sides: { monolith, extracted },
    close: async () => {
      await steering.stop();
      stopFollowing();
      await extracted.close();
      await monolith.close();
    },
  };
}

async function openSide(side: Side, natsUrl: string): Promise<ShippingSide> {
  const { url, drop } = absentDatabase();
  await openDatabase(url, [], 'a test', side);
  await migrateShipping(url);
  const link = new NatsLink(() => Promise.resolve({ servers: natsUrl }));
  const parts = { side, url, link, routes: new Routes(), watch: new CallMetrics() };
  const app = await NestFactory.create(ShippingApp.of(parts), { logger: false, abortOnError: false });
  const server = new ContractServer(link, app.get(LocalModules), parts.routes);
  app.connectMicroservice({ strategy: server });
  await app.startAllMicroservices();
  await app.init();
  link.start();
  await server.serving;
  const close = async () => {
    await app.close();
    await link.close();
    await drop();
  };
  return { ...parts, app, query: (sql, params) => queryOnce(url, sql, params), close };
}

/** What `migrate` does for a module that stands in migrations/index.ts. */
async function migrateShipping(url: string): Promise<void> {
  await queryOnce(url, 'create schema shipping');
  const options = dataSourceOptions(url, { poolSize: 1 });
  const dataSource = new DataSource({ ...options, schema: 'shipping', migrations: [Parcels1764000000501] });
  await dataSource.initialize();
  await dataSource.runMigrations({ transaction: 'all' });
  await dataSource.destroy();
}
