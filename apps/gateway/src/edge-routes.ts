import { ownPaths, TokenVerifier } from '#api';
import { EdgeRoutes, EdgeRoutesError, type UpstreamPools } from '#edge';
import { StartError } from '#platform';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { contracts } from './app.module.js';
import type { Settings } from './config.js';
import type { OwnDatabase } from './own-database.js';
import type { Shop } from './shop.js';

interface Parts {
  own: OwnDatabase;
  shop: Shop;
  pools: UpstreamPools;
}

/** The routes of the edge. They are followed from {@link startEdgeRoutes} on. */
export function edgeRoutesOf(
  app: NestExpressApplication,
  { stranglerConfig, servedBy, kept, proxies }: Settings,
  { own: { database }, shop: { watch }, pools }: Parts,
): EdgeRoutes {
  const tokens = app.get<TokenVerifier>(TokenVerifier, { strict: false });
  return new EdgeRoutes({
    ...{ database, watch, servedBy, pools, kept, proxies },
    file: stranglerConfig,
    modules: contracts.map(({ name }) => name),
    apiPaths: ownPaths(app),
    userOf: (request) => tokens.bearerOf(request),
  });
}

/** Reads the file that has them, and begins to follow it. Only once the application knows its own paths. @throws {StartError} */
export async function startEdgeRoutes(routes: EdgeRoutes): Promise<void> {
  try {
    await routes.prepare();
  } catch (error) {
    throw error instanceof EdgeRoutesError ? new StartError(error.message) : error;
  }
  routes.start();
}
