import { Logger } from '@nestjs/common';
import { inTime } from 'nestjs-strangler/internal';
import { Gauge, type Registry } from 'prom-client';

interface Reading {
  labels?: Readonly<Record<string, string>>;
  value: number;
}

/** Gauges whose values are asked for at each scrape, all of them by one question. */
export interface ReadGauges {
  readonly gauges: Readonly<Record<string, { help: string; labels: readonly string[] }>>;
  readonly read: () => Promise<Readonly<Record<string, readonly Reading[]>>>;
}

/** A scrape must not wait for what hangs, in ms. */
const patienceMs = 2_500;

/** Adds gauges to a registry. Where they cannot be read in time they are left out of that scrape. */
export function registerGauges(registry: Registry, { gauges, read }: ReadGauges): void {
  const logger = new Logger('Metrics');
  let reading: ReturnType<typeof read> | undefined;
  // All gauges of a scrape are collected at once: they share the question that the first one asks. So does a later scrape while
  // it has no answer: scrapes do not pile questions up.
  const together = () => inTime(patienceMs, (reading ??= read().finally(() => (reading = undefined))));
  for (const [name, { help, labels }] of Object.entries(gauges)) {
    new Gauge({
      ...{ name, help, labelNames: [...labels], registers: [registry] },
      async collect() {
        this.reset();
        try {
          for (const { labels = {}, value } of (await together())[name] ?? []) this.set(labels, value);
        } catch (error) {
          logger.debug({ msg: 'not measured', metric: name, reason: String(error) });
        }
      },
    });
  }
}
