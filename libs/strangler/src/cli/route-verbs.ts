/** What a route of the edge has in common with a module. */
export const routeVerbs: ReadonlySet<string> = new Set([
  ...['run', 'advance', 'approve', 'shift', 'pause', 'resume', 'abort', 'rollback', 'mismatches'],
]);

/** All that can be said of a route, in words. */
export const verbsOfRoutes = ['status', 'history', 'plan', ...routeVerbs].join(', ');

/** Whether a verb is about a route of the edge, `/reports`, and not about a module. */
export const isRoute = (target: string): boolean => target.startsWith('/');
