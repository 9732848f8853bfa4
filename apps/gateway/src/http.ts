import { configureBareEdge, configureHttp, TokenVerifier, type BoundedAdapter } from '#api';
import { EdgeRoutes, UpstreamPools } from '#edge';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import type { Settings } from './config.js';
import { elsewhere, type Share } from './legacy.js';

/** Whose tokens are good; `undefined`: nobody's. */
export const tokensOf = (app: NestExpressApplication): TokenVerifier | undefined =>
  app.get<TokenVerifier | null>(TokenVerifier, { strict: false }) ?? undefined;

/** How requests are read: the API's, where there is a shop, and what is behind it beside the modules. */
export function configureGateway(
  app: NestExpressApplication,
  adapter: BoundedAdapter,
  { modules, upstreams: { times }, proxies, accessLog, origins, servedBy }: Settings,
  { share, lines }: { share: Share | undefined; lines: Logger },
): void {
  const [{ traffic }, { legacy }] = [app.get(EdgeRoutes), app.get(UpstreamPools)];
  const http = {
    ...{ accessLog: accessLog ? lines : undefined, proxies },
    elsewhere: elsewhere(traffic, legacy, { times, proxies, share }),
  };
  if (modules === 'none') configureBareEdge(app, adapter, { ...http, tokens: tokensOf(app) });
  else configureHttp(app, { ...http, origins, servedBy });
  // An upload may take as long as its request may; the API's own are ended earlier.
  const server = app.getHttpServer();
  server.requestTimeout = Math.max(server.requestTimeout, times.totalMs);
}
