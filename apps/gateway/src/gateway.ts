import {
  cacheGauges,
  limitGauges,
  OperatorTokens,
  requestHistogram,
  tokenGauges,
  usageGauges,
  type ReadinessCheck,
} from '#api';
import { gateway } from '#contracts';
import { routeGauges, turnGauges, upstreamGauges, UpstreamPools } from '#edge';
import {
  announcer,
  assertPortFree,
  createLogger,
  drain,
  NestLogger,
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
  Routes,
  ToolkitMetrics,
  type NatsLink,
  type ShopFinder,
} from 'nestjs-strangler';
import { Logger } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { openAdmin } from './admin.js';
import { openApi, type Api } from './api.js';
import { contracts } from './app.module.js';
import type { Settings } from './config.js';
import { shareOf, type Share } from './legacy.js';
import { openOwnDatabase, type OwnDatabase } from './own-database.js';
import { embeddedServers, joinShop, type Shop } from './shop.js';

/** Starts the API alone, or nothing but routes: its own database, modules over NATS. Everything it starts is ended by `closing`. */
export async function startGateway(settings: Settings, closing: Closing): Promise<void> {
  const who = { service: gateway, version: packageVersion() };
  const logger = createLogger({ level: settings.logLevel, ...who, context: currentContext });
  const say = announcer(logger);
  logger.info('starting');
  closing.onBegin(() => logger.info('stopping'));
  Logger.overrideLogger(new NestLogger(logger));
  await assertPortFree(settings.port, settings.host, 'PORT');
  await assertPortFree(settings.adminPort, '127.0.0.1', 'GATEWAY_ADMIN_PORT');
  const servers = embeddedServers(settings, say, closing);
  const own = await openOwnDatabase(settings, servers, who.version, closing);
  const shop = settings.modules === 'none' ? undefined : await joinShop(settings, servers, own, closing);
  const watch = new CallMetrics();
  watch.start(own.database, shop?.routes ?? new Routes());
  closing.add(() => watch.stop());
  const metrics = new ToolkitMetrics();
  const { legacy, upstreams } = settings;
  const pools = new UpstreamPools({ legacy, checkPath: upstreams.checkPath, ca: upstreams.ca });
  closing.add(async () => pools.close());
  const share = shareOf(upstreams.perAddress);
  const checks = readinessOf(own, shop);
  const api = await openApi(settings, { own, shop, watch, metrics, pools, share, checks, logger, closing });
  const registry = registryOf(who, settings, { own, shop, metrics, pools, share, api });
  const admin = await openAdmin({
    port: settings.adminPort,
    ways: { tokens: api.tokens, operators: new OperatorTokens(settings.operators) },
    operator: api.edgeRoutes.operator,
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
  const url = urlOf(api.app.getHttpServer(), settings.certificate ? 'https' : 'http');
  say(opened(settings, shop, url, admin.url));
  if (!api.tokens && settings.operators.length === 0) say(nobody);
}

const nobody =
  'nobody can move routes by hand: no operator is known (ADMIN_TOKEN=me.$(openssl rand -hex 24), the same here and for the command line)';

function opened({ legacy }: Settings, shop: Shop | undefined, url: string, admin: string): string {
  const from = legacy?.join(', ');
  if (!shop)
    return `The gateway is open: ${url} · admin ${admin} · ${from ? `everything from ${from}` : 'nothing but its routes'}`;
  const others = from ? ` · everything else from ${from}` : '';
  return `The gateway is open: ${url}/api/v1/products · OpenAPI ${url}/docs · admin ${admin}${others}`;
}

/** What has to hold before it may get work. */
const readinessOf = ({ probe }: OwnDatabase, shop: Shop | undefined): ReadinessCheck[] => [
  { name: 'database', check: () => probe.check() },
  ...(shop ? wayTo(shop) : []),
];

const wayTo = ({ link, routes, finder }: Shop): ReadinessCheck[] => [
  { name: 'NATS', check: () => assertUp(link) },
  { name: 'shop', check: () => assertFound(finder, routes) },
  { name: 'key', check: () => assertKnown(link) },
];

function assertUp(link: NatsLink): void {
  if (!link.current) throw new UnreadyError(link.trouble ?? 'there is no connection to NATS yet');
}

function assertKnown({ keys }: NatsLink): void {
  if (!keys.areHeard) throw new UnreadyError('the shop has not heard the key of this process yet');
}

/** What is not known then is with the monolith, and that is away. */
function assertFound({ problem }: ShopFinder, routes: Routes): void {
  if (problem !== null) throw new UnreadyError(problem);
  if (contracts.every(({ name }) => routes.entryOf(name) === undefined))
    throw new UnreadyError('it is not known yet where any module is served');
}

interface Measured {
  own: OwnDatabase;
  shop: Shop | undefined;
  metrics: ToolkitMetrics;
  pools: UpstreamPools;
  share: Share | undefined;
  api: Api;
}

/** What a scrape is told. */
function registryOf(
  who: { service: string; version: string },
  { certificate, cache }: Settings,
  { own, shop, metrics, pools, share, api: { app, edgeRoutes, tokens } }: Measured,
): Registry {
  return processRegistry(
    who,
    { limits: () => own.pool },
    {
      histograms: [...(shop ? metrics.histograms : []), requestHistogram(app)],
      gauges: [
        ...(shop ? [...metrics.gaugesOfCaller(shop.link), usageGauges(app)] : []),
        limitGauges(app),
        ...(tokens ? [tokenGauges(tokens)] : []),
        upstreamGauges(() => pools.all),
        turnGauges(share?.turns),
        routeGauges(edgeRoutes),
        ...(certificate ? [certificate.gauges] : []),
        ...(shop && cache.freshMs > 0 ? [cacheGauges(app)] : []),
      ],
    },
  );
}
