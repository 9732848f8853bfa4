import type { TokenVerifier } from '#api';
import { EdgeRoutes, EdgeRoutesError, type EdgeRoutesOptions, type UpstreamPools } from '#edge';
import { StartError } from '#platform';
import type { CallMetrics } from 'nestjs-strangler';
import { contracts } from './app.module.js';
import type { Settings } from './config.js';
import type { OwnDatabase } from './own-database.js';

interface Parts {
  own: OwnDatabase;
  watch: CallMetrics;
  pools: UpstreamPools;
  /** Which no route can have. */
  apiPaths: EdgeRoutesOptions['apiPaths'];
  /** Without it nobody is known by his token. */
  tokens: TokenVerifier | undefined;
}

/** The routes of the edge. They are followed from {@link startEdgeRoutes} on. */
export function edgeRoutesOf(
  { stranglerConfig, servedBy, kept, proxies }: Settings,
  { own: { database }, watch, pools, apiPaths, tokens }: Parts,
): EdgeRoutes {
  return new EdgeRoutes({
    ...{ database, watch, servedBy, pools, kept, proxies },
    file: stranglerConfig,
    modules: contracts.map(({ name }) => name),
    apiPaths,
    userOf: async (request) => tokens?.bearerOf(request),
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
