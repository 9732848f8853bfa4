import { standing } from '../../../../test/support/standing.js';
import type { WebhookView } from '../../src/control/terms/views.js';
import type { RouteStatus } from '../../src/operate/route-views.js';
import {
  bodyOf,
  moduleSubject,
  offeredShare,
  routeSubject,
  webhookSubject,
  type Subject,
} from './subject.js';
import type { VerbButton } from './verb-buttons.js';

const of = (parts: Partial<Subject>): Subject => ({
  ...{ name: 'stock', path: 'modules/stock', isFiled: false, wish: '', state: '' },
  look: () => Promise.resolve(of(parts)),
  ...{ share: { now: 5, wanted: null }, inForce: { ramp: [1, 5, 25], bake: '', minSamples: '' } },
  ...parts,
});
const button = (parts: Partial<VerbButton>): VerbButton => ({
  ...{ verb: 'shift', label: 'Shift…', meaning: '' },
  ...parts,
});

it('names what a verb is for by its path', () => {
  const route = { route: '/old/reports', percent: 5, wanted: { percent: 5 }, steeredBy: null };
  expect(routeSubject(route as RouteStatus).path).toBe('routes/%2Fold%2Freports');
  expect(webhookSubject({ name: 'a b' } as WebhookView).path).toBe('webhooks/a%20b');
});

it('knows who steers', () => {
  const route = { route: '/a', percent: 5, wanted: { percent: 5, by: 'operator' } };
  // What the file says counts for a route also while an operator has taken it elsewhere.
  expect(routeSubject({ ...route, steeredBy: 'strangler.yaml:7' } as RouteStatus).isFiled).toBe(true);
  const at = standing('stock');
  expect(moduleSubject({ ...at, wanted: { ...at.wanted, by: 'file' } }).isFiled).toBe(true);
});

it('changes a line of the file where that steers, and only by what steers', () => {
  expect(bodyOf(of({}), button({ steers: true }), {})).toEqual({});
  expect(bodyOf(of({ isFiled: true }), button({ steers: true }), { percent: '25' })).toEqual({
    ...{ percent: 25, write: true },
  });
  expect(bodyOf(of({ isFiled: true }), button({ verb: 'pause' }), {})).toEqual({});
  expect(bodyOf(of({}), button({ verb: 'decommission', parameters: { purge: true } }), {})).toEqual({
    ...{ purge: true, confirm: 'stock' },
  });
});

it('offers where it is to be, else the next share of the ramp', () => {
  expect(offeredShare(of({ share: { now: 5, wanted: 50 } }))).toBe(50);
  expect(offeredShare(of({}))).toBe(25);
  expect(offeredShare(of({ share: { now: 30.4, wanted: null } }))).toBe(30);
});
