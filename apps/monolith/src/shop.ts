import { configureHttp, type ApiOptions, type ReadinessCheck } from '#api';
import {
  assertPortFree,
  createLogger,
  EmbeddedServers,
  natsConnection,
  NestLogger,
  openDatabase,
  StartError,
  type Closing,
} from '#platform';
import {
  ContractServer,
  currentContext,
  LocalModules,
  NatsLink,
  publishRoutes,
  Routes,
  WishesError,
  WishesFile,
} from '#strangler';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger as PinoLogger } from 'pino';
import type { AddressInfo } from 'node:net';
import { DataSource } from 'typeorm';
import { startAdmin } from './admin.js';
import { AppModule, contracts, type AppOptions } from './app.module.js';
import type { Settings } from './config.js';
import { Furnishing } from './furnishing.js';

const modules = contracts.map((contract) => contract.name);
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Starts the shop: servers, schemas, modules, listeners, sample. Everything it starts is ended by `closing`. */
export async function startShop(settings: Settings, closing: Closing): Promise<void> {
  const logger = createLogger({ level: settings.logLevel, context: currentContext });
  Logger.overrideLogger(new NestLogger(logger));
  const routes = new Routes();
  await steer(settings, routes, closing);
  await assertPortFree(settings.port, undefined, 'PORT');
  await assertPortFree(settings.adminPort, '127.0.0.1', 'ADMIN_PORT');
  const servers = new EmbeddedServers(settings.dataDir, say);
  closing.add(() => servers.release());
  const databaseUrl = settings.databaseUrl ?? (await servers.database('shop'));
  await openDatabase(databaseUrl, modules, 'DATABASE_URL');
  const link = connectWhenNeeded(settings, servers, routes, closing);
  const furnishing = new Furnishing(settings, routes, say);
  const app = await createApp(settings, { databaseUrl, routes, link }, furnishing, logger);
  closing.add(() => app.close());
  await app.startAllMicroservices();
  await app.listen(settings.port);
  const admin = await startAdmin(settings, app, logger, closing);
  await furnishing.furnish(app, closing);
  const shop = addressOf(app);
  say(`The shop is open: ${shop}/api/v1/products · OpenAPI ${shop}/docs · admin ${addressOf(admin)}`);
}

/** Where an application listens; the port may have been chosen by the system. */
const addressOf = (app: NestExpressApplication): string =>
  `http://localhost:${(app.getHttpServer().address() as AddressInfo).port}`;

/** Lets `strangler.yaml` say where each module is served, now and whenever it changes. */
async function steer(settings: Settings, routes: Routes, closing: Closing): Promise<void> {
  const wishes = new WishesFile(settings.wishesPath, modules, routes);
  await wishes.load().catch((error: unknown) => {
    throw error instanceof WishesError ? new StartError(`${settings.wishesPath}: ${error.message}`) : error;
  });
  const stop = wishes.watch();
  closing.add(() => Promise.resolve(stop()));
}

/** NATS is connected to, and if need be started, when the first module leaves. */
function connectWhenNeeded(
  { nats }: Settings,
  servers: EmbeddedServers,
  routes: Routes,
  closing: Closing,
): NatsLink {
  const link = new NatsLink(async () => natsConnection(nats.url ?? (await servers.nats()), nats.options));
  closing.add(() => link.close());
  publishRoutes(link, routes);
  const startIfNeeded = () => {
    if (routes.anyAway) link.start();
  };
  routes.onChange(startIfNeeded);
  startIfNeeded();
  return link;
}

async function createApp(
  settings: Settings,
  parts: Omit<AppOptions, 'api'>,
  furnishing: Furnishing,
  logger: PinoLogger,
): Promise<NestExpressApplication> {
  const readiness = {
    inject: [DataSource],
    useFactory: (database: DataSource): ReadinessCheck[] => [
      { name: 'database', check: () => database.query('select 1') },
      { name: 'sample', check: () => furnishing.assertDone() },
    ],
  };
  const api: ApiOptions = { identity: settings.identityProvider, readiness };
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot({ ...parts, api }), {
    logger: new NestLogger(logger),
    bodyParser: false,
    abortOnError: false,
  });
  configureHttp(app, { logger, servedBy: settings.servedBy });
  app.connectMicroservice({ strategy: new ContractServer(parts.link, app.get(LocalModules)) });
  return app;
}
