import type { Edge } from '#api';
import { guard, passThrough, Upstream } from '#edge';
import type { Closing } from '#platform';
import type { Server } from 'node:http';
import type { LegacySettings } from './config.js';

/** The application that everything goes to which is not the API's. */
export function legacyEdge({ origin, idleMs, totalMs }: LegacySettings, closing: Closing): Edge {
  const legacy = new Upstream(origin);
  closing.add(async () => legacy.close());
  const elsewhere = passThrough({
    upstreamOf: (_request, failed) => (failed.length === 0 ? legacy : undefined),
    headersFor: (_request, response) => ['X-Request-Id', String(response.getHeader('X-Request-Id'))],
    times: { idleMs, totalMs },
  });
  return { guard, elsewhere };
}

/** An upload may take as long as its request may; the API's own are ended earlier. */
export function allowUploads(server: Server, { totalMs }: LegacySettings): void {
  server.requestTimeout = Math.max(server.requestTimeout, totalMs);
}
