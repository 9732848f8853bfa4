import { limitGauges, requestHistogram, tokenGauges, TokenVerifier, usageGauges } from '#api';
import { mailGauges, poolOf, processRegistry, type Certificate } from '#platform';
import { StranglerProcess } from 'nestjs-strangler';
import type { INestApplication } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What `/metrics` tells: docs/operations.md lists it. */
export function registryOf(
  app: INestApplication,
  who: { service: string; version: string },
  certificate: Certificate | undefined,
) {
  const { histograms, gauges, pool } = app.get(StranglerProcess).measured;
  const own = [
    usageGauges(app),
    limitGauges(app),
    tokenGauges(app.get<TokenVerifier>(TokenVerifier, { strict: false })),
    mailGauges(() => app.get(DataSource)),
    ...(certificate ? [certificate.gauges] : []),
  ];
  const pools = { commands: poolOf(app.get(DataSource)), toolkit: pool! };
  return processRegistry(who, pools, {
    histograms: [...histograms, requestHistogram(app)],
    gauges: [...gauges, ...own],
  });
}
