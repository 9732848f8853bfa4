import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { registerGauges, type ReadGauges } from './gauges.js';
import { registerHistogram, type TalliedHistogram } from './histogram.js';

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

/** Adds all of it to the registry. */
export function register(registry: Registry, { histograms = [], gauges = [] }: Measured): void {
  for (const each of histograms) registerHistogram(registry, each);
  for (const each of gauges) registerGauges(registry, each);
}
