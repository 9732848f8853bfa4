import { Ledger } from './ledger.js';
import { routeAccountText, routeFaults, type RouteAccount } from './route-account.js';
import { movingRoutes, type MovingRoute, type Visit } from './visits.js';

const visitTo = (route: Visit['route']): Visit => ({ route, method: 'GET', path: '/x', status: 200 });

function ledgerOf(routes: readonly MovingRoute[] = movingRoutes): Ledger {
  const ledger = new Ledger();
  for (const route of movingRoutes) {
    ledger.note(visitTo(route), { side: 'legacy', ms: 20 });
    if (routes.includes(route)) ledger.note(visitTo(route), { side: 'module', ms: 4 });
  }
  return ledger;
}
const end = { percent: 100, compared: 7, mismatches: 0 };
const endsBut = (change: Partial<typeof end>) =>
  new Map(movingRoutes.map((route) => [route, route === '/basket' ? { ...end, ...change } : end]));
const but = (change: Partial<RouteAccount>): RouteAccount => ({
  ...{ seconds: 61, ledger: ledgerOf(), routes: endsBut({}), baskets: [{ told: 3, found: 3 }] },
  ...change,
});

it('finds no fault where there is none', () => {
  expect(routeFaults(but({}))).toEqual([]);
  expect(routeAccountText(but({}))).toContain('No request failed');
});

function failing(): Ledger {
  const ledger = ledgerOf();
  ledger.note(visitTo('the rest'), { side: undefined, ms: 1, fault: '502 instead of 200' });
  return ledger;
}

it.each<[what: string, change: Partial<RouteAccount>, fault: string]>([
  ['a request that failed', { ledger: failing() }, '1 requests failed: GET /x: 502 instead of 200'],
  [
    'a piece that was lost',
    { baskets: [{ told: 3, found: 2 }] },
    '1 baskets do not hold what their owners were told',
  ],
  [
    'a piece that was doubled',
    { baskets: [{ told: 3, found: 4 }] },
    '1 baskets do not hold what their owners were told',
  ],
  ['baskets that nobody used', { baskets: [] }, 'nothing was put into a basket'],
  ['a route that did not arrive', { routes: endsBut({ percent: 50 }) }, '/basket ends at 50 %'],
  [
    'a side that nobody heard',
    { ledger: ledgerOf(['/reports', '/catalogue', '/account']) },
    '/basket was not answered by both sides',
  ],
  [
    'answers that nobody compared',
    { routes: endsBut({ compared: 0 }) },
    'no two answers of /basket were compared',
  ],
  [
    'answers that differ',
    { routes: endsBut({ mismatches: 2 }) },
    '2 answers of /basket differ between the sides',
  ],
])('finds %s', (_what, change, fault) => {
  expect(routeFaults(but(change))).toEqual([fault]);
  expect(routeAccountText(but(change))).toContain(`NOT AS PROMISED\n- ${fault}`);
});

it('shows what each side answered, and how fast', () => {
  expect(routeAccountText(but({}))).toMatch(/\/basket +basket +2 +0 +1 +1 +20 ms +4\.0 ms +7 +0/);
});
