import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { DataSource } from 'typeorm';
import { registerGauges, type ReadGauges } from './gauges.js';
import { registerHistogram, type TalliedHistogram } from './histogram.js';
import { poolGauges, type PoolFigures } from './pool-gauges.js';

/** A registry of one process: its own figures (CPU, memory, event loop, garbage collection), and who it is. */
export function createRegistry({ service, version }: { service: string; version: string }): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'app_info',
    help: '1: the program and its version',
    labelNames: ['service', 'version'],
    registers: [registry],
  }).set({ service, version }, 1);
  return registry;
}

/** What others measure, to be told at each scrape. */
export interface Measured {
  histograms?: readonly TalliedHistogram[];
  gauges?: readonly ReadGauges[];
}

/** The connections of a data source. TypeORM tells nobody of its pool. */
export const poolOf =
  (dataSource: DataSource): (() => PoolFigures) =>
  () =>
    (dataSource.driver as unknown as { master: PoolFigures }).master;

/** A registry with the process's connections, and with all that others measure. */
export function processRegistry(
  who: { service: string; version: string },
  pools: Readonly<Record<string, () => PoolFigures>>,
  { histograms = [], gauges = [] }: Measured,
): Registry {
  const registry = createRegistry(who);
  for (const each of histograms) registerHistogram(registry, each);
  for (const each of [poolGauges(pools), ...gauges]) registerGauges(registry, each);
  return registry;
}
