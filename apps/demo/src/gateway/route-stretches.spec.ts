import type { RouteStatus } from 'nestjs-strangler';
import { Ledger } from './ledger.js';
import { RouteStretches } from './route-stretches.js';

const at = (route: string, percent: number, compared = 0) =>
  ({ route, percent, shadow: { compared, mismatches: 0 } }) as RouteStatus;

it('a share ends with a line of what was answered during it alone, and comparisons add up over all shares', () => {
  const ledger = new Ledger();
  let now = 0;
  const stretches = new RouteStretches(ledger, () => now);
  const answer = (side: 'legacy' | 'module', ms: number) =>
    ledger.note({ route: '/reports', method: 'GET', path: '/reports', status: 200 }, { side, ms });
  answer('legacy', 900);
  expect(stretches.see(at('/reports', 0))).toBeUndefined();
  answer('legacy', 100);
  expect(stretches.see(at('/reports', 0, 5))).toBeUndefined();
  now = 4_000;
  expect(stretches.see(at('/reports', 10, 0))).toMatch(/\/reports +0 % +4\.0 s +1 +0 +0 +5 +100 ms +–$/);
  answer('module', 30);
  stretches.see(at('/reports', 10, 3));
  expect(stretches.see(at('/account', 0))).toMatch(/\/reports +10 % +0\.0 s +0 +1 +0 +3 +– +30 ms$/);
  expect(stretches.comparedOf('/reports')).toEqual({ compared: 8, mismatches: 0 });
  expect(stretches.end()).toContain('/account');
  expect(stretches.end()).toBeUndefined();
});
