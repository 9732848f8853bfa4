import { movingRoutes, staying, visitOf } from './visits.js';

const hundred = Array.from({ length: 100 }, (_, i) => visitOf(i));
const of = (route: string) => hundred.filter((visit) => visit.route === route);

it('every route is visited, and what stays; the slow report seldom', () => {
  expect([...movingRoutes, staying].map((route) => of(route).length)).toEqual([2, 33, 20, 35, 10]);
});

it('a visit belongs to the route that its path begins with', () => {
  for (const { route, path } of hundred) {
    const moving = movingRoutes.find(
      (each) => path === each || (/^[/?]/.test(path.slice(each.length)) && path.startsWith(each)),
    );
    expect(route).toBe(moving ?? staying);
  }
});

it('kinds are mixed: no ten visits in a row are of one kind', () => {
  const runs = hundred.map(
    (_, i) => new Set(hundred.slice(i, i + 10).map(({ route, method }) => route + method)).size,
  );
  expect(Math.min(...runs.slice(0, 90))).toBeGreaterThan(2);
});

it('all pages of the catalogue, and many products, are looked at', () => {
  const paths = Array.from({ length: 5_000 }, (_, i) => visitOf(i).path);
  const distinct = (begin: string) => new Set(paths.filter((path) => path.startsWith(begin))).size;
  expect(distinct('/catalogue?page=')).toBe(12);
  expect(distinct('/catalogue/')).toBeGreaterThan(200);
});
