import { routeFor } from './route-for.js';

const routes = [{ path: '/' }, { path: '/reports' }, { path: '/Reports/yearly' }];

it.each([
  ['/reports', '/reports'],
  ['/reports/', '/reports'],
  ['/REPORTS/7', '/reports'],
  ['/reports/yearly', '/Reports/yearly'],
  ['/reports/yearly/2010', '/Reports/yearly'],
  ['/reportsx', '/'],
  ['/reports/yearlyx', '/reports'],
  ['/x', '/'],
  ['/', '/'],
])('%s belongs to %s: whole segments, the longest wins', (path, route) => {
  expect(routeFor(routes, path)?.path).toBe(route);
  expect(routeFor([...routes].reverse(), path)?.path).toBe(route);
});

it('a path that no route begins belongs to none', () => {
  expect(routeFor(routes.slice(1), '/other')).toBeUndefined();
  expect(routeFor([], '/reports')).toBeUndefined();
});
