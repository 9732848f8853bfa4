import type { INestApplication } from '@nestjs/common';
import { RateLimits } from './rate-limits.js';

/** How often requests were refused for being too many, for whoever is scraped. */
export function limitGauges(app: INestApplication) {
  const limits = app.get(RateLimits, { strict: false });
  return {
    gauges: {
      api_requests_limited: {
        help: 'Requests that were refused since the start, by policy',
        labels: ['policy'],
      },
      api_limits_shared_by: { help: 'Processes that share the rate limits', labels: [] },
    },
    read: async () => ({
      api_requests_limited: Object.entries(limits.figures).map(([policy, value]) => ({
        labels: { policy },
        value,
      })),
      api_limits_shared_by: [{ value: limits.live() }],
    }),
  };
}
