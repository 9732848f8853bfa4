import {
  createLogger,
  EmbeddedServers,
  natsConnection,
  NestLogger,
  openDatabase,
  type Closing,
} from '#platform';
import { ContractServer, currentContext, followRoutes, LocalModules, NatsLink, Routes } from '#strangler';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Settings } from './config.js';
import { ServiceModule } from './service.module.js';

const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Starts one module as a service: its own database, its contract served over NATS. Ended by `closing`. */
export async function startService(settings: Settings, closing: Closing): Promise<void> {
  const { module, nats } = settings;
  const logger = new NestLogger(createLogger({ level: settings.logLevel, context: currentContext }));
  Logger.overrideLogger(logger);
  const servers = new EmbeddedServers(settings.dataDir, say);
  closing.add(() => servers.release());
  const databaseUrl = settings.databaseUrl ?? (await servers.database(module));
  await openDatabase(databaseUrl, [module], `${module.toUpperCase()}_DATABASE_URL`, 'extracted');
  const natsUrl = nats.url ?? (await servers.nats());
  const link = new NatsLink(async () => natsConnection(nats.url ?? (await servers.nats()), nats.options));
  closing.add(() => link.close());
  const routes = new Routes();
  const stopFollowing = followRoutes(link, routes);
  closing.add(() => Promise.resolve(stopFollowing()));
  const app = await NestFactory.create(ServiceModule.forRoot(settings, databaseUrl, routes, link), {
    logger,
    abortOnError: false,
  });
  closing.add(() => app.close());
  const server = new ContractServer(link, app.get(LocalModules));
  app.connectMicroservice({ strategy: server });
  await app.startAllMicroservices();
  await app.init();
  link.start();
  await server.serving;
  say(`${module} is served from its own database, over NATS at ${new URL(natsUrl).host}`);
}
