import { noPaths, ownPaths, TokenVerifier } from '#api';
import { contracts } from '#contracts';
import { EdgeRoutes, EdgeRoutesError, UpstreamPools } from '#edge';
import { StartError } from '#platform';
import { CallMetrics, Database } from 'nestjs-strangler/internal';
import type { FactoryProvider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ExpressAdapter } from '@nestjs/platform-express';
import type { Settings } from './config.js';

/** The routes of the edge. */
export const edgeRoutes = ({
  modules,
  stranglerConfig,
  servedBy,
  kept,
  proxies,
}: Settings): FactoryProvider<EdgeRoutes> => ({
  provide: EdgeRoutes,
  useFactory: (
    database: Database,
    watch: CallMetrics,
    pools: UpstreamPools,
    tokens: TokenVerifier | null,
    { httpAdapter }: HttpAdapterHost<ExpressAdapter>,
  ) =>
    new EdgeRoutes({
      ...{ database, watch, servedBy, pools, kept, proxies },
      file: stranglerConfig,
      modules: contracts.map(({ name }) => name),
      apiPaths: modules === 'none' ? noPaths : ownPaths({ getHttpAdapter: () => httpAdapter }),
      // Without it nobody is known by his token.
      userOf: async (request) => tokens?.bearerOf(request),
    }),
  inject: [Database, CallMetrics, UpstreamPools, TokenVerifier, HttpAdapterHost],
});

/** Reads the file that has them, and where they stand, and begins to follow both. @throws {StartError} */
export async function startEdgeRoutes(routes: EdgeRoutes): Promise<void> {
  try {
    await routes.prepare();
  } catch (error) {
    throw error instanceof EdgeRoutesError ? new StartError(error.message) : error;
  }
  routes.start();
}
