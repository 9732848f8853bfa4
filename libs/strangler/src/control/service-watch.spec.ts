import type { CopyReport } from '../calls/copies/leaving.js';
import { routeOf, Routes } from '../routes/routes.js';
import { copiesOut, ServiceWatch, strangersAmong, type WatchedServices } from './service-watch.js';

const databases = { monolith: 'm', extracted: 'e' };
const at = (database: string, peer: string | null) => ({ database, peer, peerSince: peer && 'monday' });

it('a service that the shop is paired with is no stranger', () => {
  expect(strangersAmong([at('e', 'm')], { databases, phase: 'dual-write' }, 'desk')).toEqual([]);
});

it.each([
  ['that nobody has paired', null],
  ['that takes this shop for its own', 'm'],
])('a second one %s is named, and the one that counts', (_what, peer) => {
  expect(strangersAmong([at('e', 'm'), at('e2', peer)], { databases, phase: 'dual-write' }, 'desk')).toEqual([
    {
      module: 'desk',
      problem: 'there is a second service of desk, on the database e2',
      meaning:
        'it gets no call and no change: this shop (database m) has its service of desk on the database e',
      remedy:
        'stop it, or start it on the database that the shop is paired with; if it is of another shop, give each a NAMESPACE of its own',
      repairable: false,
    },
  ]);
});

it('of a module at home, whose database nobody serves: a service that belongs to nobody may take its place', () => {
  const entry = { databases, phase: 'monolith' } as const;
  expect(strangersAmong([at('e2', null)], entry, 'desk')).toEqual([]);
  expect(strangersAmong([at('e', 'm'), at('e2', null)], entry, 'desk')).toHaveLength(1);
  expect(strangersAmong([at('e2', 'n')], entry, 'desk')).toHaveLength(1);
});

it('of a module that has moved for good a copy needs the word of an operator', () => {
  const [found] = strangersAmong(
    [{ ...at('e2', 'm'), knownAs: 'e' }],
    { databases, phase: 'decommissioned' },
    'desk',
  );
  expect(found?.remedy).toContain('serve-unproven desk --i-have-fenced-it');
});

it('one of another shop in the same namespace is named with its shop', () => {
  const [found] = strangersAmong([at('f', 'n')], { databases, phase: 'dual-write' }, 'desk');
  expect(found).toMatchObject({
    problem:
      'in this namespace there is another shop: this service (database f) belongs to the shop whose database is n, since monday',
    remedy: 'give each shop a NAMESPACE of its own',
  });
});

it('one that was moved is told from a second one', () => {
  const [found] = strangersAmong(
    [{ ...at('e2', 'm'), knownAs: 'e' }],
    { databases, phase: 'dual-write' },
    'desk',
  );
  expect(found).toMatchObject({
    problem: 'the service of desk on the database e2 was moved there from e, or is on a copy of it',
    remedy: expect.stringContaining('takes its place by itself once nobody serves that one'),
  });
});

it('a copy that takes no calls is told of, with its reason; the others are not', () => {
  const copy = (state: CopyReport['state'], reason: string | null): CopyReport => ({
    ...{ id: state, state, reason },
    figures: { calls: 40, failed: 0, p90Ms: 5 },
  });
  const all = [copy('in', null), copy('out', '30 of its last 40 calls failed'), copy('leaving', null)];
  const found = copiesOut(all, { module: 'desk', side: 'extracted' });
  expect(found.map(({ problem }) => problem)).toEqual([
    'one of 3 copies that serve desk on the side extracted takes no calls for a while: 30 of its last 40 calls failed',
  ]);
});

describe('whether the service of a module is there', () => {
  let watch: ServiceWatch;
  afterEach(() => watch.stop());
  const looks = async (phase: 'monolith' | 'extracted', asked: Partial<WatchedServices>) => {
    const routes = new Routes();
    routes.replace({ desk: routeOf(phase) });
    const belonging = jest.fn(asked.belonging ?? (() => Promise.resolve([])));
    watch = new ServiceWatch(['desk'], routes, {
      ...{ canAsk: () => true, copies: () => Promise.resolve([]), ...asked },
      belonging,
    });
    watch.start();
    await watch.stop();
    return watch.presenceOf('desk');
  };
  const there = () => Promise.resolve([at('e', null)]);

  it('is known of one at home', async () => {
    expect(await looks('monolith', {})).toBe('absent');
    expect(await looks('monolith', { belonging: there })).toBe('there');
  });

  it('is not asked of one that has left: its side says more', async () => {
    expect(await looks('extracted', { belonging: there })).toBeNull();
  });

  it('is not known without a connection, also one that was lost during the look', async () => {
    expect(await looks('monolith', { canAsk: () => false })).toBeNull();
    let asks = 0;
    expect(await looks('monolith', { canAsk: () => ++asks < 2 })).toBeNull();
  });
});
