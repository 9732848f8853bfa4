import {
  BoundedAdapter,
  cacheGauges,
  configureHttp,
  limitGauges,
  connectionLimits,
  usageGauges,
  tokenGauges,
  type ReadinessCheck,
} from '#api';
import { callers, calls, gateway } from '#contracts';
import { routeGauges, turnGauges, upstreamGauges, UpstreamPools, type EdgeRoutes } from '#edge';
import {
  announcer,
  assertPooled,
  assertPortFree,
  createLogger,
  DatabaseProbe,
  directNameOf,
  drain,
  EmbeddedServers,
  natsConnection,
  NestLogger,
  openDatabase,
  openLimitPool,
  openOperations,
  packageVersion,
  processRegistry,
  UnreadyError,
  urlOf,
  type Closing,
} from '#platform';
import {
  CallMetrics,
  currentContext,
  Database,
  followRoutes,
  KeyStore,
  NatsLink,
  natsPermissions,
  observers,
  offerKey,
  reportCalls,
  Routes,
  ShopFinder,
  Subjects,
  ToolkitMetrics,
  type KeptRoutes,
} from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type pg from 'pg';
import type { Logger as PinoLogger } from 'pino';
import { contracts, GatewayModule } from './app.module.js';
import type { Settings } from './config.js';
import { openAdmin } from './admin.js';
import { openEdgeRoutes } from './edge-routes.js';
import { keptRoutes } from './kept-routes.js';
import { elsewhere, shareOf, type Share } from './legacy.js';
import { Members } from './members.js';

/** To its database, for what is counted and steered there; few: everything but a dashboard asks in turn. */
const connections = 3;

/** Starts the API alone: its own database, modules over NATS. Everything it starts is ended by `closing`. */
export async function startGateway(settings: Settings, closing: Closing): Promise<void> {
  const who = { service: gateway, version: packageVersion() };
  const logger = createLogger({ level: settings.logLevel, ...who, context: currentContext });
  const say = announcer(logger);
  logger.info('starting');
  closing.onBegin(() => logger.info('stopping'));
  Logger.overrideLogger(new NestLogger(logger));
  await assertPortFree(settings.port, settings.host, 'PORT');
  await assertPortFree(settings.adminPort, '127.0.0.1', 'ADMIN_PORT');
  const subjects = new Subjects(settings.nats.namespace);
  const users = natsPermissions(subjects, contracts, calls, callers);
  const servers = new EmbeddedServers(settings.dataDir, say, users);
  closing.add(() => servers.release());
  const own = await openOwnDatabase(settings, servers);
  const pool = openLimitPool(own.direct);
  closing.add(() => pool.end());
  const probe = new DatabaseProbe(own.url);
  closing.add(() => probe.close());
  const members = new Members(pool, who.version);
  await members.start();
  closing.add(() => members.stop());
  const link = connect(settings, servers, subjects);
  closing.add(() => link.close());
  const routes = new Routes();
  const database = new Database(own.direct, { max: connections });
  closing.add(() => database.close());
  const stopFollowing = followRoutes(link, routes);
  closing.add(() => Promise.resolve(stopFollowing()));
  const keys = new KeyStore(database);
  // From now on its calls say who makes them.
  const stopOffering = await offerKey(link, routes, keys, gateway);
  closing.add(() => Promise.resolve(stopOffering()));
  const finder = await findShop(link, routes, keys, keptRoutes(pool));
  closing.add(() => finder.stop());
  const checks: ReadinessCheck[] = [
    { name: 'database', check: () => probe.check() },
    { name: 'NATS', check: () => assertUp(link) },
    { name: 'shop', check: () => assertFound(finder, routes) },
    { name: 'key', check: () => assertKnown(link) },
  ];
  const metrics = new ToolkitMetrics();
  const watch = new CallMetrics();
  watch.start(database, routes);
  closing.add(() => watch.stop());
  const stopReporting = reportCalls(link, routes, database, gateway);
  closing.add(() => Promise.resolve(stopReporting()));
  const { legacy, upstreams } = settings;
  const pools = new UpstreamPools({ legacy, checkPath: upstreams.checkPath, ca: upstreams.ca });
  closing.add(async () => pools.close());
  const share = shareOf(upstreams.perAddress);
  const parts = { routes, link, metrics, pool, members, checks, pools, share, closing, database, watch };
  const { app, edgeRoutes } = await createApp(settings, parts, logger);
  closing.add(() => app.close());
  await (settings.host === undefined ? app.listen(settings.port) : app.listen(settings.port, settings.host));
  const registry = processRegistry(
    who,
    { limits: () => pool },
    {
      histograms: metrics.histograms,
      gauges: [
        ...metrics.gaugesOfCaller(link),
        usageGauges(app),
        limitGauges(app),
        tokenGauges(app),
        upstreamGauges(() => pools.all),
        turnGauges(share?.turns),
        routeGauges(edgeRoutes),
        ...(settings.certificate ? [settings.certificate.gauges] : []),
        ...(settings.cache.freshMs > 0 ? [cacheGauges(app)] : []),
      ],
    },
  );
  const admin = await openAdmin({
    port: settings.adminPort,
    api: app,
    operator: edgeRoutes.operator,
    operations: { registry, checks },
    logger,
  });
  closing.add(() => admin.close());
  if (settings.health.port !== undefined) {
    const health = await openOperations(settings.health, { registry, checks });
    closing.add(() => health.close());
  }
  // The first thing to end.
  closing.add(() => drain(checks, settings.drainMs));
  const url = urlOf(app.getHttpServer(), settings.certificate ? 'https' : 'http');
  const others = legacy ? ` · everything else from ${legacy.join(', ')}` : '';
  say(`The gateway is open: ${url}/api/v1/products · OpenAPI ${url}/docs · admin ${admin.url}${others}`);
}

/** `direct`: the server itself. */
interface OwnDatabase {
  url: string;
  direct: string;
}

/** Where failed attempts are counted, and what was heard of routes is kept. */
async function openOwnDatabase(
  { databaseUrl, directUrl }: Settings,
  servers: EmbeddedServers,
): Promise<OwnDatabase> {
  const setting = 'GATEWAY_DATABASE_URL';
  const url = databaseUrl ?? (await servers.database(gateway));
  const direct = directUrl ?? url;
  await openDatabase(direct, ['limits', gateway], directUrl === undefined ? setting : directNameOf(setting));
  if (directUrl !== undefined) await assertPooled({ url, direct }, setting);
  return { url, direct };
}

function connect({ nats }: Settings, servers: EmbeddedServers, subjects: Subjects): NatsLink {
  const url = async () => nats.url ?? (await servers.nats(subjects.userOf(gateway)));
  return new NatsLink(async () => natsConnection(await url(), nats.options), { subjects, user: gateway });
}

async function findShop(
  link: NatsLink,
  routes: Routes,
  keys: KeyStore,
  kept: KeptRoutes,
): Promise<ShopFinder> {
  const { database } = await keys.standing();
  const finder = new ShopFinder({ link, routes, database, kept });
  await finder.start();
  return finder;
}

function assertUp(link: NatsLink): void {
  if (!link.current) throw new UnreadyError(link.trouble ?? 'there is no connection to NATS yet');
}

function assertKnown({ keys }: NatsLink): void {
  if (!keys.areHeard) throw new UnreadyError('the shop has not heard the key of this process yet');
}

/** Until then each call would only wait. */
function assertFound({ problem }: ShopFinder, routes: Routes): void {
  if (problem !== null) throw new UnreadyError(problem);
  const unknown = contracts.find(({ name }) => routes.entryOf(name) === undefined);
  if (unknown) throw new UnreadyError(`it is not known yet where ${unknown.name} is served`);
}

interface Parts {
  routes: Routes;
  link: NatsLink;
  metrics: ToolkitMetrics;
  pool: pg.Pool;
  members: Members;
  checks: ReadinessCheck[];
  pools: UpstreamPools;
  share: Share | undefined;
  closing: Closing;
  database: Database;
  watch: CallMetrics;
}

async function createApp(
  settings: Settings,
  { routes, link, metrics, pool, members, checks, pools, share, closing, database, watch }: Parts,
  logger: PinoLogger,
): Promise<{ app: NestExpressApplication; edgeRoutes: EdgeRoutes }> {
  const {
    identityProvider: identity,
    certificate,
    cache,
    rates,
    accessLog,
    origins,
    servedBy,
    proxies,
  } = settings;
  const api = {
    identity,
    limits: pool,
    rates: { ...rates, live: () => members.live },
    shedListsAt: settings.shedListsAt,
    readiness: { useFactory: () => checks },
    ...(cache.freshMs > 0 && { cache: { ...cache, ways: routes } }),
  };
  const app = await NestFactory.create<NestExpressApplication>(
    GatewayModule.forRoot({ routes, link, observer: observers(watch, metrics.called), api }),
    new BoundedAdapter({ ...connectionLimits, ...settings.connections }, certificate),
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
  const edgeRoutes = await openEdgeRoutes(app, settings, { database, watch, pools, closing });
  configureHttp(app, {
    accessLog: accessLog ? logger : undefined,
    origins,
    servedBy,
    proxies,
    elsewhere: elsewhere(edgeRoutes.traffic, pools.legacy, {
      times: settings.upstreams.times,
      proxies,
      share,
    }),
  });
  // An upload may take as long as its request may; the API's own are ended earlier.
  const server = app.getHttpServer();
  server.requestTimeout = Math.max(server.requestTimeout, settings.upstreams.times.totalMs);
  return { app, edgeRoutes };
}
