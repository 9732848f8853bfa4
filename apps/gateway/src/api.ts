import {
  BareEdgeModule,
  BoundedAdapter,
  configureBareEdge,
  configureHttp,
  connectionLimits,
  noPaths,
  ownPaths,
  TokenVerifier,
  type ReadinessCheck,
} from '#api';
import type { EdgeRoutes, UpstreamPools } from '#edge';
import { NestLogger, type Closing } from '#platform';
import { observers, type CallMetrics, type ToolkitMetrics } from 'nestjs-strangler';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { GatewayModule } from './app.module.js';
import type { Settings } from './config.js';
import { edgeRoutesOf, startEdgeRoutes } from './edge-routes.js';
import { elsewhere, type Share } from './legacy.js';
import type { OwnDatabase } from './own-database.js';
import type { Shop } from './shop.js';

interface Parts {
  own: OwnDatabase;
  /** `undefined`: none stands behind. */
  shop: Shop | undefined;
  /** Counts calls and requests, for gates. */
  watch: CallMetrics;
  metrics: ToolkitMetrics;
  pools: UpstreamPools;
  share: Share | undefined;
  checks: readonly ReadinessCheck[];
  logger: Logger;
  closing: Closing;
}

/** What clients reach. */
export interface Api {
  app: NestExpressApplication;
  edgeRoutes: EdgeRoutes;
  /** Whose tokens are good; `undefined`: nobody's. */
  tokens: TokenVerifier | undefined;
}

/** Opens the API, where there is a shop, and what is behind it beside the modules. */
export async function openApi(settings: Settings, parts: Parts): Promise<Api> {
  const { shop, pools, share, logger, closing } = parts;
  const {
    identityProvider: identity,
    accessLog,
    origins,
    servedBy,
    proxies,
    upstreams,
    host,
    port,
  } = settings;
  const adapter = new BoundedAdapter({ ...connectionLimits, ...settings.connections }, settings.certificate);
  const app = await NestFactory.create<NestExpressApplication>(moduleOf(settings, parts), adapter, {
    ...{ logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  });
  const tokens = shop
    ? app.get<TokenVerifier>(TokenVerifier, { strict: false })
    : identity && TokenVerifier.of(identity);
  const edgeRoutes = edgeRoutesOf(settings, { ...parts, tokens, apiPaths: shop ? ownPaths(app) : noPaths });
  closing.add(() => edgeRoutes.stop());
  const { times } = upstreams;
  const http = {
    accessLog: accessLog ? logger : undefined,
    proxies,
    elsewhere: elsewhere(edgeRoutes.traffic, pools.legacy, { times, proxies, share }),
  };
  if (shop) configureHttp(app, { ...http, origins, servedBy });
  else configureBareEdge(app, adapter, { ...http, tokens });
  // An upload may take as long as its request may; the API's own are ended earlier.
  const server = app.getHttpServer();
  server.requestTimeout = Math.max(server.requestTimeout, times.totalMs);
  closing.add(() => app.close());
  // From now on it is known which paths are its own.
  await app.init();
  await startEdgeRoutes(edgeRoutes);
  await (host === undefined ? app.listen(port) : app.listen(port, host));
  return { app, edgeRoutes, tokens };
}

function moduleOf(
  { identityProvider: identity, cache, rates, shedListsAt }: Settings,
  { own, shop, watch, metrics, checks }: Parts,
): DynamicModule {
  const shared = { ...rates, passesOn: true, live: () => own.members.live };
  if (!shop) return BareEdgeModule.forRoot(shared);
  const { routes, link } = shop;
  const api = {
    ...{ identity, shedListsAt },
    limits: own.pool,
    rates: shared,
    readiness: { useFactory: () => checks },
    ...(cache.freshMs > 0 && { cache: { ...cache, ways: routes } }),
  };
  return GatewayModule.forRoot({ routes, link, observer: observers(watch, metrics.called), api });
}
