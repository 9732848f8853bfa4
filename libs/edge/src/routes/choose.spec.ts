import fc from 'fast-check';
import { noteOnWrites, upstreamFor } from './choose.js';

const cohorts = [{ header: 'x-user-group', equals: 'beta' }];
const route = { path: '/reports', cohorts, sharedStore: false };
const shifting = (percent: number) => ({ phase: 'shifting' as const, percent });
const get = (key: string, headers = {}) => ({ method: 'GET', headers, key });
const percents = fc.integer({ min: 0, max: 100 });

it('a larger share sends nobody back, and the same share nobody elsewhere', () => {
  fc.assert(
    fc.property(fc.string(), percents, percents, (key, a, b) => {
      const [less, more] = [Math.min(a, b), Math.max(a, b)];
      const at = (percent: number) => upstreamFor(get(key), route, shifting(percent));
      expect(at(less)).toBe(at(less));
      if (at(less) === 'new') expect(at(more)).toBe('new');
    }),
  );
});

it.each([0, 1, 10, 50, 99, 100])('of many keys about %i %% are at the new upstream', (percent) => {
  const keys = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);
  const there = keys.filter((key) => upstreamFor(get(key), route, shifting(percent)) === 'new').length;
  const expected = keys.length * (percent / 100);
  // Five standard deviations.
  expect(Math.abs(there - expected)).toBeLessThanOrEqual(5 * Math.sqrt((expected * (100 - percent)) / 100));
});

it('two routes do not send the same people first', () => {
  const keys = Array.from({ length: 2_000 }, (_, i) => `user-${i}`);
  const first = (path: string) =>
    keys.filter((key) => upstreamFor(get(key), { ...route, path }, shifting(10)) === 'new');
  const both = first('/a').filter((key) => first('/b').includes(key)).length;
  expect(both).toBeLessThan(60);
});

it('a cohort is at the new upstream from 0 % on; once everybody was taken back it is, too', () => {
  const beta = get('ann', { 'x-user-group': 'beta' });
  expect(upstreamFor(beta, route, shifting(0))).toBe('new');
  expect(upstreamFor(beta, route, { phase: 'legacy', percent: 0 })).toBe('legacy');
  expect(upstreamFor(get('ann', { 'x-user-group': 'gamma' }), route, shifting(0))).toBe('legacy');
});

it('HEAD goes where GET goes, at every share, with and without a cohort', () => {
  const headers = fc.constantFrom({}, { 'x-user-group': 'beta' });
  fc.assert(
    fc.property(headers, fc.string(), percents, (sent, key, percent) => {
      const head = { ...get(key, sent), method: 'HEAD' };
      expect(upstreamFor(head, route, shifting(percent))).toBe(
        upstreamFor(get(key, sent), route, shifting(percent)),
      );
    }),
  );
});

it('a write never has two places at one share, whoever asks: all or nothing', () => {
  const methods = fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'get', 'QUERY', 'MKCOL');
  const headers = fc.constantFrom({}, { 'x-user-group': 'beta' });
  fc.assert(
    fc.property(methods, headers, fc.string(), percents, (method, sent, key, percent) => {
      const there = upstreamFor({ method, headers: sent, key }, route, shifting(percent));
      expect(there).toBe(percent === 100 ? 'new' : 'legacy');
    }),
  );
});

it('with one store for both a write goes where the reads of the same person go', () => {
  const shared = { ...route, sharedStore: true };
  fc.assert(
    fc.property(fc.string(), percents, (key, percent) => {
      const post = { ...get(key), method: 'POST' };
      expect(upstreamFor(post, shared, shifting(percent))).toBe(
        upstreamFor(get(key), shared, shifting(percent)),
      );
    }),
  );
});

it.each([
  [{ percent: 10 }, true],
  [{ percent: 0, cohorts }, true],
  [{ percent: 10, sharedStore: true }, false],
  [{ percent: 100 }, false],
  [{ percent: null }, false],
])('%j: whether it is said that writes do not go by the share: %s', (more, said) => {
  const none = { path: '/reports', cohorts: [], sharedStore: false };
  const note = noteOnWrites({ ...none, ...more });
  expect(note !== undefined).toBe(said);
  if (note) expect(note).toContain('two writers');
});
