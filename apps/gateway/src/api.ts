import { BoundedAdapter, configureHttp, connectionLimits, type ReadinessCheck } from '#api';
import type { EdgeRoutes, UpstreamPools } from '#edge';
import { NestLogger, type Closing } from '#platform';
import { observers, type ToolkitMetrics } from 'nestjs-strangler';
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
  shop: Shop;
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
}

/** Opens the API, and what is behind it beside the modules. */
export async function openApi(settings: Settings, parts: Parts): Promise<Api> {
  const { pools, share, logger, closing } = parts;
  const { accessLog, origins, servedBy, proxies, upstreams, host, port } = settings;
  const app = await createApp(settings, parts);
  const edgeRoutes = edgeRoutesOf(app, settings, parts);
  closing.add(() => edgeRoutes.stop());
  const { times } = upstreams;
  configureHttp(app, {
    accessLog: accessLog ? logger : undefined,
    ...{ origins, servedBy, proxies },
    elsewhere: elsewhere(edgeRoutes.traffic, pools.legacy, { times, proxies, share }),
  });
  // An upload may take as long as its request may; the API's own are ended earlier.
  const server = app.getHttpServer();
  server.requestTimeout = Math.max(server.requestTimeout, times.totalMs);
  closing.add(() => app.close());
  // From now on it is known which paths are its own.
  await app.init();
  await startEdgeRoutes(edgeRoutes);
  await (host === undefined ? app.listen(port) : app.listen(port, host));
  return { app, edgeRoutes };
}

function createApp(
  { identityProvider: identity, certificate, cache, rates, shedListsAt, connections }: Settings,
  { own, shop: { routes, link, watch }, metrics, checks, logger }: Parts,
): Promise<NestExpressApplication> {
  const api = {
    ...{ identity, shedListsAt },
    limits: own.pool,
    rates: { ...rates, passesOn: true, live: () => own.members.live },
    readiness: { useFactory: () => checks },
    ...(cache.freshMs > 0 && { cache: { ...cache, ways: routes } }),
  };
  return NestFactory.create<NestExpressApplication>(
    GatewayModule.forRoot({ routes, link, observer: observers(watch, metrics.called), api }),
    new BoundedAdapter({ ...connectionLimits, ...connections }, certificate),
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
}
