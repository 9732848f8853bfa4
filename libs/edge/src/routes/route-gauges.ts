import type { EdgeRoutes } from './edge-routes.js';

/** How routes of the edge do, for whoever is scraped: those that stand in the file at the moment. */
export function routeGauges({ board, traffic }: Pick<EdgeRoutes, 'board' | 'traffic'>) {
  return {
    gauges: {
      edge_route_requests: {
        help: 'Requests of a route since the start, once at each upstream that was asked, by what became of them',
        labels: ['route', 'upstream', 'outcome'],
      },
      edge_route_new_percent: { help: 'Share of the readers that goes to new, 0 to 100', labels: ['route'] },
    },
    read: async () => ({
      edge_route_requests: traffic.counts
        .filter(({ route }) => board.entryOf(route) !== undefined)
        .map(({ requests, ...labels }) => ({ labels, value: requests })),
      edge_route_new_percent: board.entries.map(({ row, at }) => ({
        labels: { route: row.path },
        value: at.percent,
      })),
    }),
  };
}
