import { callers, calls } from '#contracts';
import {
  announcer,
  assertPooled,
  createLogger,
  DatabaseProbe,
  directNameOf,
  EmbeddedServers,
  natsConnection,
  NestLogger,
  openDatabase,
  openOperations,
  poolOf,
  processRegistry,
  packageVersion,
  UnreadyError,
  type Closing,
} from '#platform';
import {
  Agents,
  CallMetrics,
  ContractServer,
  currentContext,
  followRoutes,
  LocalModules,
  NatsLink,
  natsPermissions,
  observers,
  Routes,
  Subjects,
  ToolkitMetrics,
} from 'nestjs-strangler';
import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { contracts, type Settings } from './config.js';
import { ServiceModule } from './service.module.js';

/** Starts one module as a service: its own database, its contract served over NATS. Ended by `closing`. */
export async function startService(settings: Settings, closing: Closing): Promise<void> {
  const { module, nats } = settings;
  const who = { service: module, version: packageVersion() };
  const lines = createLogger({ level: settings.logLevel, ...who, context: currentContext });
  const say = announcer(lines);
  lines.info('starting');
  closing.onBegin(() => lines.info('stopping'));
  const logger = new NestLogger(lines);
  Logger.overrideLogger(logger);
  const subjects = new Subjects(nats.namespace);
  const users = natsPermissions(subjects, Object.values(contracts), calls, callers);
  const servers = new EmbeddedServers(settings.dataDir, say, users);
  closing.add(() => servers.release());
  const databaseUrl = settings.databaseUrl ?? (await servers.database(module));
  const setting = `${module.toUpperCase()}_DATABASE_URL`;
  const direct = settings.directUrl ?? databaseUrl;
  await openDatabase(
    direct,
    [module],
    settings.directUrl === undefined ? setting : directNameOf(setting),
    'extracted',
  );
  if (settings.directUrl !== undefined) await assertPooled({ url: databaseUrl, direct }, setting);
  const urlOfNats = async () => nats.url ?? (await servers.nats(subjects.userOf(module)));
  const natsUrl = await urlOfNats();
  const link = new NatsLink(async () => natsConnection(await urlOfNats(), nats.options), {
    subjects,
    user: module,
  });
  closing.add(() => link.close());
  const routes = new Routes();
  const stopFollowing = followRoutes(link, routes, Object.keys(contracts));
  closing.add(() => Promise.resolve(stopFollowing()));
  const metrics = new ToolkitMetrics();
  const watch = new CallMetrics();
  const observer = observers(watch, metrics.called);
  const app = await NestFactory.create(
    ServiceModule.forRoot({ settings, databaseUrl, routes, link, observer }),
    {
      logger,
      abortOnError: false,
    },
  );
  closing.add(() => app.close());
  closing.add(() => watch.stop());
  const server = new ContractServer(link, app.get(LocalModules), routes, metrics.served);
  app.connectMicroservice({ strategy: server });
  await app.startAllMicroservices();
  await app.init();
  watch.start(app.get(Agents).databaseOf(app.get(DataSource)), routes);
  link.start();
  await server.serving;
  const health = await openHealth(settings, who, app, { databaseUrl, link, metrics }, closing);
  const host = new URL(natsUrl).host;
  const { notServed, held } = app.get(Agents);
  const [not] = notServed;
  const reason = not && !not.early ? not.reason : held[0]?.reason;
  const what = reason ?? `${module} is served from its own database, over NATS at ${host}`;
  const when = not?.early ? ', as soon as a shop is paired with it' : '';
  say(`${what}${when} · health http://localhost:${health}/health/ready`);
}

/** Opens the health port, once calls are taken. Answers which it is. */
async function openHealth(
  { health }: Settings,
  who: { service: string; version: string },
  app: INestApplicationContext,
  { databaseUrl, link, metrics }: { databaseUrl: string; link: NatsLink; metrics: ToolkitMetrics },
  closing: Closing,
): Promise<number> {
  const dataSource = app.get(DataSource);
  const agents = app.get(Agents);
  const database = agents.databaseOf(dataSource);
  const { histograms } = metrics;
  const pools = { commands: poolOf(dataSource), toolkit: () => database.figures };
  const gauges = metrics.gauges({ database, link, agents });
  const registry = processRegistry(who, pools, { histograms, gauges });
  const probe = new DatabaseProbe(databaseUrl);
  closing.add(() => probe.close());
  const server = await openOperations(health, {
    registry,
    checks: [
      { name: 'database', check: () => probe.check() },
      { name: 'nats', check: () => assertConnected(link) },
      { name: 'shop', check: () => servedBy(app.get(Agents)) },
    ],
  });
  closing.add(() => server.close());
  return server.port;
}

/** A service that no shop has asked for yet may get work from that moment on; any other that serves none is in the wrong place. */
function servedBy({ notServed, held }: Agents): string {
  const reasons = [...new Set([...notServed, ...held].map(({ reason }) => reason))].join('; ');
  if (notServed.some(({ early }) => !early)) throw new UnreadyError(reasons);
  return reasons;
}

function assertConnected({ current, trouble }: NatsLink): void {
  if (!current) throw new Error(trouble ?? 'there is no connection');
}
