import type { Edge } from '#api';
import { guard, passThrough, UpstreamPool } from '#edge';
import type { Server } from 'node:http';
import type { LegacySettings } from './config.js';

/** The copies of the application, to be closed when no request is under way any more. */
export const legacyPool = ({ copies, checkPath }: LegacySettings): UpstreamPool =>
  new UpstreamPool({ name: 'legacy', copies, checkPath });

/** The application that everything goes to which is not the API's, in one copy or several. */
export function legacyEdge({ times }: LegacySettings, legacy: UpstreamPool): Edge {
  const elsewhere = passThrough({
    upstreamOf: legacy.choose,
    mayMove: legacy.mayMove,
    onDone: legacy.done,
    headersFor: (_request, response) => ['X-Request-Id', String(response.getHeader('X-Request-Id'))],
    times,
  });
  return { guard, elsewhere };
}

/** An upload may take as long as its request may; the API's own are ended earlier. */
export function allowUploads(server: Server, { times }: LegacySettings): void {
  server.requestTimeout = Math.max(server.requestTimeout, times.totalMs);
}
