import type { INestApplication } from '@nestjs/common';
import { BoundedAdapter } from '../http/bounded-adapter.js';
import { Load } from './load.js';
import { RateLimits } from './rate-limits.js';

/** How often requests were refused, and why, for whoever is scraped. */
export function limitGauges(app: INestApplication) {
  const limits = app.get(RateLimits, { strict: false });
  const load = app.get(Load, { strict: false });
  const adapter: unknown = app.getHttpAdapter();
  const bounded = adapter instanceof BoundedAdapter ? adapter : undefined;
  return {
    gauges: {
      api_requests_limited: {
        help: 'Requests that were refused since the start, by policy',
        labels: ['policy'],
      },
      api_connections_refused: {
        help: 'Connections that were closed at once since the start: their address had too many, or the listener',
        labels: ['by'],
      },
      api_answers_unread: {
        help: 'Connections that were ended since the start: their clients did not take an answer',
        labels: [],
      },
      api_lists_shed: {
        help: 'Lists that were refused since the start, because commands queued',
        labels: [],
      },
      api_commands_in_flight: { help: 'Commands of users that are not answered yet', labels: [] },
      api_limits_shared_by: { help: 'Processes that share the rate limits', labels: [] },
    },
    read: async () => ({
      api_requests_limited: Object.entries(limits.figures).map(([policy, value]) => ({
        labels: { policy },
        value,
      })),
      api_connections_refused: Object.entries(bounded?.refused ?? {}).map(([by, value]) => ({
        labels: { by },
        value,
      })),
      api_answers_unread: [{ value: bounded?.unread.ended ?? 0 }],
      api_lists_shed: [{ value: load.figures.shed }],
      api_commands_in_flight: [{ value: load.figures.commands }],
      api_limits_shared_by: [{ value: limits.live() }],
    }),
  };
}
