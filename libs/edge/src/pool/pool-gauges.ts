import type { UpstreamPool } from './upstream-pool.js';

const ofCopy = ['upstream', 'copy'];

/** How pools do, for whoever is scraped. @param pools those that there are at the moment */
export function upstreamGauges(pools: () => readonly UpstreamPool[]) {
  return {
    gauges: {
      edge_upstream_requests: {
        help: 'Requests to an upstream since the start, by what became of them: answered, or why not',
        labels: ['upstream', 'outcome'],
      },
      edge_upstream_retries: {
        help: 'Retries at another copy since the start: taken, or refused by the budget',
        labels: ['upstream', 'result'],
      },
      edge_upstream_breaker_open: { help: '1: nothing is let through', labels: ['upstream'] },
      edge_upstream_in_flight: { help: 'Requests that a copy has', labels: ofCopy },
      edge_upstream_ejected: { help: '1: the copy is out for its errors', labels: ofCopy },
      edge_upstream_unhealthy: { help: '1: the copy does not answer to checks', labels: ofCopy },
    },
    read: async () => {
      const all = pools().map((pool) => ({ upstream: pool.name, ...pool.figures }));
      const byOutcome = (label: string, figures: (pool: (typeof all)[number]) => Record<string, number>) =>
        all.flatMap((pool) =>
          Object.entries(figures(pool)).map(([key, value]) => ({
            labels: { upstream: pool.upstream, [label]: key },
            value,
          })),
        );
      const byPool = (value: (pool: (typeof all)[number]) => number) =>
        all.map((pool) => ({ labels: { upstream: pool.upstream }, value: value(pool) }));
      const byCopy = (value: (copy: (typeof all)[number]['copies'][number]) => number) =>
        all.flatMap(({ upstream, copies }) =>
          copies.map((copy) => ({ labels: { upstream, copy: copy.host }, value: value(copy) })),
        );
      return {
        edge_upstream_requests: byOutcome('outcome', ({ endings }) => endings),
        edge_upstream_retries: byOutcome('result', ({ retries }) => retries),
        edge_upstream_breaker_open: byPool(({ open }) => Number(open)),
        edge_upstream_in_flight: byCopy(({ inFlight }) => inFlight),
        edge_upstream_ejected: byCopy(({ ejected }) => Number(ejected)),
        edge_upstream_unhealthy: byCopy(({ healthy }) => Number(!healthy)),
      };
    },
  };
}
