import { TokenVerifier } from '#api';
import { EdgeRoutes, EdgeRoutesError, type UpstreamPools } from '#edge';
import { StartError, type Closing } from '#platform';
import type { CallMetrics, Database } from 'nestjs-strangler';
import type { INestApplication } from '@nestjs/common';
import { contracts } from './app.module.js';
import type { Settings } from './config.js';

/** Begins to follow the routes of the edge. `database`: the gateway's own. */
export async function openEdgeRoutes(
  app: INestApplication,
  { stranglerConfig, servedBy, kept, proxies }: Settings,
  {
    database,
    watch,
    pools,
    closing,
  }: { database: Database; watch: CallMetrics; pools: UpstreamPools; closing: Closing },
): Promise<EdgeRoutes> {
  const tokens = app.get<TokenVerifier>(TokenVerifier, { strict: false });
  const routes = new EdgeRoutes({
    ...{ database, watch, servedBy, pools, kept, proxies },
    file: stranglerConfig,
    modules: contracts.map(({ name }) => name),
    userOf: async ({ headers }) => {
      const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1];
      return token === undefined ? undefined : tokens.holderOf(token);
    },
  });
  closing.add(() => routes.stop());
  try {
    await routes.prepare();
  } catch (error) {
    throw error instanceof EdgeRoutesError ? new StartError(error.message) : error;
  }
  routes.start();
  return routes;
}
