import { cacheGauges, limitGauges, requestHistogram, tokenGauges, TokenVerifier, usageGauges } from '#api';
import { EdgeRoutes, routeGauges, turnGauges, upstreamGauges, UpstreamPools } from '#edge';
import { processRegistry } from '#platform';
import { StranglerProcess } from 'nestjs-strangler';
import type { Measured } from 'nestjs-strangler/internal';
import type { INestApplication } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Settings } from './config.js';
import type { Share } from './legacy.js';

/** What a scrape is told. */
export function registryOf(
  app: INestApplication,
  who: { service: string; version: string },
  { certificate, cache, modules }: Settings,
  { limits, share }: { limits: Pool; share: Share | undefined },
) {
  const { histograms, gauges } = measuredOfShop(app, modules);
  const tokens = app.get<TokenVerifier | null>(TokenVerifier, { strict: false });
  return processRegistry(
    who,
    { limits: () => limits },
    {
      histograms: [...histograms, requestHistogram(app)],
      gauges: [
        ...gauges,
        ...(modules === 'all' && cache.freshMs > 0 ? [cacheGauges(app)] : []),
        limitGauges(app),
        ...(tokens ? [tokenGauges(tokens)] : []),
        upstreamGauges(() => app.get(UpstreamPools).all),
        turnGauges(share?.turns),
        routeGauges(app.get(EdgeRoutes)),
        ...(certificate ? [certificate.gauges] : []),
      ],
    },
  );
}

/** Of calls, and of those who make them. */
function measuredOfShop(
  app: INestApplication,
  modules: Settings['modules'],
): Pick<Measured, 'histograms' | 'gauges'> {
  if (modules === 'none') return { histograms: [], gauges: [] };
  const { histograms, gauges } = app.get(StranglerProcess).measured;
  return { histograms, gauges: [...gauges, usageGauges(app)] };
}
