import { movingRoutes, type MovingRoute } from './visits.js';

/** One part of the way: a route goes to its module, or comes back. */
export interface RouteLeg {
  route: MovingRoute;
  /** The share that it is to reach, in percent. */
  to: 100 | 0;
}

/** The whole way: each route goes out; the second one also back, and out again. */
export const routeTour: readonly RouteLeg[] = movingRoutes.flatMap((route): RouteLeg[] =>
  route === '/catalogue'
    ? [
        { route, to: 100 },
        { route, to: 0 },
        { route, to: 100 },
      ]
    : [{ route, to: 100 }],
);

/** Where the two applications listen. */
export type Upstreams = Readonly<Record<'legacy' | 'new', string>>;

/**
 * The `strangler.yaml` that wants routes at these shares. A real move bakes for minutes and wants hundreds of samples; a demo has
 * seconds, and a report that is seldom asked for waits for none. The gates stay: what is clearly bad takes a route back. The modules and the
 * application work on the same tables, so writes may go to either.
 */
export function stranglerYaml(upstreams: Upstreams, shares: ReadonlyMap<MovingRoute, number>): string {
  const lines = movingRoutes.map((route) => {
    const keys = [
      `path: ${route}`,
      `upstreams: { legacy: '${upstreams.legacy}', new: '${upstreams.new}' }`,
      `percent: ${shares.get(route) ?? 0}`,
      `shadow: ${route === '/reports' ? 1 : 0.25}`,
      'sharedStore: true',
      'ramp: [10, 50, 100]',
      'bake: 3s',
      `gates: { errorRate: 0.01, mismatchRate: 0, minSamples: ${route === '/reports' ? 0 : 20}, confidence: 0.5 }`,
    ];
    return `  - { ${keys.join(', ')} }\n`;
  });
  return `modules: {}\nedge:\n${lines.join('')}`;
}
