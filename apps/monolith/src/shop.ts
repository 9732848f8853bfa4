import {
  BoundedAdapter,
  configureHttp,
  connectionLimits,
  usageGauges,
  limitGauges,
  requestHistogram,
  tokenGauges,
  TokenVerifier,
  type ApiOptions,
  type LimitStore,
  type ReadinessCheck,
} from '#api';
import { callers, calls } from '#contracts';
import {
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
  poolOf,
  processRegistry,
  packageVersion,
  announcer,
  urlOf,
  type Certificate,
  type Check,
  type Closing,
} from '#platform';
import {
  Agents,
  CallMetrics,
  ContractServer,
  currentContext,
  decommissionedModules,
  LocalModules,
  monolithUser,
  NatsLink,
  natsPermissions,
  observers,
  ToolkitMetrics,
  type Operator,
  publishRoutes,
  Router,
  Routes,
  ControlPlane,
  Subjects,
} from 'nestjs-strangler';
import { Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger as PinoLogger } from 'pino';
import type { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { bootstrapAdmin, startAdmin } from './admin.js';
import { advice } from './advice.js';
import { AppModule, contracts, type AppOptions } from './app.module.js';
import type { Settings } from './config.js';
import { InitialData } from './initial-data.js';
import { loadModules, moduleNames } from './modules.js';
import { sessionFindings } from './session-findings.js';

/** Starts the shop: servers, schemas, modules, listeners, sample. Everything it starts is ended by `closing`. */
export async function startShop(settings: Settings, closing: Closing): Promise<void> {
  const who = { service: 'monolith', version: packageVersion() };
  const logger = createLogger({ level: settings.logLevel, ...who, context: currentContext });
  const say = announcer(logger);
  logger.info('starting');
  closing.onBegin(() => logger.info('stopping'));
  Logger.overrideLogger(new NestLogger(logger));
  await assertPortFree(settings.port, settings.host, 'PORT');
  await assertPortFree(settings.adminPort, '127.0.0.1', 'ADMIN_PORT');
  const subjects = new Subjects(settings.nats.namespace);
  const servers = new EmbeddedServers(
    settings.dataDir,
    say,
    natsPermissions(subjects, contracts, calls, callers),
  );
  closing.add(() => servers.release());
  const databaseUrl = settings.databaseUrl ?? (await servers.database('shop'));
  const direct = settings.directUrl ?? databaseUrl;
  const modules = await openModules(direct, settings, say);
  if (settings.directUrl !== undefined) await assertPooled({ url: databaseUrl, direct }, 'DATABASE_URL');
  const routes = new Routes();
  const link = await connectWhenNeeded({ settings, servers, subjects }, routes, closing);
  const initialData = new InitialData(settings, say);
  const watch = new CallMetrics();
  const metrics = new ToolkitMetrics();
  const observer = observers(watch, metrics.called);
  const { directUrl, witness, retention } = settings;
  const parts = { databaseUrl, directUrl, routes, link, modules, metrics, observer, witness, retention };
  const probe = new DatabaseProbe(databaseUrl);
  closing.add(() => probe.close());
  const checks: ReadinessCheck[] = [
    { name: 'database', check: () => probe.check() },
    { name: 'sample', check: () => initialData.assertDone() },
  ];
  const limits = openLimitPool(direct);
  closing.add(() => limits.end());
  const app = await createApp(settings, parts, { checks, limits }, logger);
  closing.add(() => app.close());
  const steering = await steer(settings, app, { link, watch, announce: say }, closing);
  await app.startAllMicroservices();
  await listen(app, settings);
  steering.start();
  const { operator } = steering;
  const { certificate } = settings;
  const registry = registryOf(who, app, { metrics, link, operator, certificate });
  const operations = { registry, checks };
  const admin = await startAdmin(settings, app, logger, closing, { operator, operations });
  await openHealth(settings, operations, closing);
  await initialData.load(app, closing);
  // The first thing to end.
  closing.add(() => drain(checks, settings.drainMs));
  const shop = urlOf(app.getHttpServer(), certificate ? 'https' : 'http');
  say(
    `The shop is open: ${shop}/api/v1/products · OpenAPI ${shop}/docs · admin ${urlOf(admin.getHttpServer())}`,
  );
}

const noProvider =
  'no payment provider: every card is declined (PAYMENTS_PROVIDER=test takes test tokens; a real one plugs in at payments.module.ts)';

/** Migrates the database and loads the code of the modules that live here: all but the decommissioned. */
async function openModules(
  databaseUrl: string,
  { payments, directUrl }: Settings,
  say: (line: string) => void,
): Promise<readonly Type[]> {
  const setting = directUrl === undefined ? 'DATABASE_URL' : directNameOf('DATABASE_URL');
  await openDatabase(databaseUrl, [], setting);
  const gone = await decommissionedModules(databaseUrl);
  const here = moduleNames.filter((name) => !gone.includes(name));
  await openDatabase(databaseUrl, ['limits', ...here], setting);
  if (payments === 'none' && here.includes('payments')) say(noProvider);
  return loadModules(here, payments);
}

/** Without a host: at all addresses of the machine. */
const listen = (app: NestExpressApplication, { port, host }: Settings): Promise<unknown> =>
  host === undefined ? app.listen(port) : app.listen(port, host);

/** What `/metrics` tells: docs/operations.md lists it. */
function registryOf(
  who: { service: string; version: string },
  app: NestExpressApplication,
  {
    metrics,
    certificate,
    ...parts
  }: {
    metrics: ToolkitMetrics;
    link: NatsLink;
    operator: Operator;
    certificate: Certificate | undefined;
  },
): Registry {
  const dataSource = app.get(DataSource);
  const agents = app.get(Agents);
  const database = agents.databaseOf(dataSource);
  const histograms = [...metrics.histograms, requestHistogram(app)];
  const gauges = [
    ...metrics.gauges({ ...parts, database, agents }),
    usageGauges(app),
    limitGauges(app),
    tokenGauges(app.get<TokenVerifier>(TokenVerifier, { strict: false })),
    ...(certificate ? [certificate.gauges] : []),
  ];
  return processRegistry(
    who,
    { commands: poolOf(dataSource), toolkit: () => database.figures },
    { histograms, gauges },
  );
}

/** The health port, where one is set: the admin listener is for this machine only, and a container's probes come from outside. */
async function openHealth(
  { health }: Settings,
  operations: { registry: Registry; checks: readonly Check[] },
  closing: Closing,
): Promise<void> {
  if (health.port === undefined) return;
  const server = await openOperations(health, operations);
  closing.add(() => server.close());
}

/** Lets the controller, and with it `strangler.yaml`, say where each module is served, now and from now on. */
async function steer(
  settings: Settings,
  app: NestExpressApplication,
  { link, watch, announce }: { link: NatsLink; watch: CallMetrics; announce: (line: string) => void },
  closing: Closing,
): Promise<ControlPlane> {
  const agents = app.get(Agents);
  const steering = new ControlPlane({
    contracts,
    database: agents.databaseOf(app.get(DataSource)),
    agents,
    router: app.get(Router),
    routes: app.get(Routes),
    link,
    watch,
    wishesPath: settings.wishesPath,
    findings: [sessionFindings(settings)],
    version: packageVersion(),
    advice,
  });
  closing.add(() => steering.stop());
  // A slip in the file must not keep the shop shut: the modules stay where they are.
  const problem = await steering.prepare();
  if (problem !== null) announce(`${problem}; what was in force before stays in force`);
  return steering;
}

/** NATS is connected to, and if need be started, when the first module leaves. */
async function connectWhenNeeded(
  { settings, servers, subjects }: { settings: Settings; servers: EmbeddedServers; subjects: Subjects },
  routes: Routes,
  closing: Closing,
): Promise<NatsLink> {
  const { nats } = settings;
  const url = async () => nats.url ?? (await servers.nats(subjects.userOf(monolithUser)));
  const link = new NatsLink(async () => natsConnection(await url(), nats.options), {
    startsServer: nats.url === undefined && !(await servers.natsRuns()),
    subjects,
    user: monolithUser,
  });
  closing.add(() => link.close());
  publishRoutes(link, routes);
  const startIfNeeded = () => {
    if (routes.anyAway) link.start();
  };
  routes.onChange(startIfNeeded);
  startIfNeeded();
  closing.add(whenNatsRuns(nats.url, servers, () => link.start()));
  return link;
}

/** How often is looked whether somebody has started the embedded NATS, in ms. */
const lookForNatsMs = 1_000;

/** A gateway has nobody to ask as long as this process is not there. Returns the way to stop looking. */
function whenNatsRuns(
  url: string | undefined,
  servers: EmbeddedServers,
  then: () => void,
): () => Promise<void> {
  const timer = setInterval(() => {
    void servers.natsRuns().then((runs) => {
      if (!runs) return;
      clearInterval(timer);
      then();
    });
  }, lookForNatsMs).unref();
  // One that is named is there, or will be.
  if (url !== undefined) {
    clearInterval(timer);
    then();
  }
  return async () => clearInterval(timer);
}

async function createApp(
  settings: Settings,
  parts: Omit<AppOptions, 'api'> & { metrics: ToolkitMetrics },
  { checks, limits }: { checks: ReadinessCheck[]; limits: LimitStore },
  logger: PinoLogger,
): Promise<NestExpressApplication> {
  const api: ApiOptions = {
    identity: settings.identityProvider,
    bootstrapAdmin: bootstrapAdmin(settings),
    limits,
    rates: settings.rates,
    shedListsAt: settings.shedListsAt,
    readiness: { useFactory: () => checks },
  };
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.forRoot({ ...parts, api }),
    new BoundedAdapter({ ...connectionLimits, ...settings.connections }, settings.certificate),
    {
      logger: new NestLogger(logger),
      bodyParser: false,
      abortOnError: false,
    },
  );
  const { accessLog, origins, servedBy, proxies } = settings;
  configureHttp(app, { accessLog: accessLog ? logger : undefined, origins, servedBy, proxies });
  const { link, routes, metrics } = parts;
  const server = new ContractServer(link, app.get(LocalModules), routes, metrics.served);
  app.connectMicroservice({ strategy: server });
  return app;
}
