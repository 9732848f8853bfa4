import type { Operation } from '../contract/operation-kinds.js';
import { bucketOf } from './bucket.js';
import { phases, type Phase, type Side } from './phase.js';
import { ownerOf, partsOf, sideFor, type Asker, type Routed } from './route.js';
import { routeOf, type RouteEntry } from './routes.js';

/* Written out, and not computed from the policies: a wrong policy sends writes to a side that does not own them. */
type Served = Record<Operation['kind'] | 'copy', Side | undefined>;
const all = (side: Side | undefined): Served => ({ command: side, process: side, query: side, copy: side });
const served: Record<Phase, Served> = {
  monolith: all('monolith'),
  'dual-write': all('monolith'),
  shadow: all('monolith'),
  // The owner of the keys; copies are spread, and with no share all is read from the monolith.
  shifting: { ...all(undefined), copy: 'monolith' },
  extracted: all('extracted'),
  decommissioned: all('extracted'),
};

const kinds = ['query', 'command', 'process', 'copy'] as const;
const routed = (kind: (typeof kinds)[number], keyed = true): Routed => ({
  module: 'shelf',
  kind: kind === 'copy' ? 'query' : kind,
  reads: kind === 'copy' ? 'any' : 'owner',
  keyed,
});
const asker = (requestId = 'r', headers?: Asker['headers']): Asker => ({ requestId, headers });

const cases = phases.flatMap((phase) => kinds.map((kind) => ({ phase, kind })));

it.each(cases)('a $kind in phase $phase', ({ phase, kind }) => {
  expect(sideFor(routeOf(phase), routed(kind), asker())).toBe(served[phase][kind]);
});

describe('while shifting, a query for which any copy will do', () => {
  const shifting = (more: Partial<RouteEntry>): RouteEntry => ({ ...routeOf('shifting'), ...more });
  const bucket = bucketOf('shelf', 'r');
  const beta = [{ header: 'x-user-group', equals: 'beta' }];
  const list = routed('copy', false);

  it.each([
    ['below the share', { readsBelow: bucket + 1 }, asker(), 'extracted'],
    ['at the share', { readsBelow: bucket }, asker(), 'monolith'],
    ['whatever the owners', { readsBelow: 0, extractedBelow: 9_999 }, asker(), 'monolith'],
    ['of the cohort', { cohorts: beta }, asker('r', { 'x-user-group': 'beta' }), 'extracted'],
    ['of another cohort', { cohorts: beta }, asker('r', { 'x-user-group': 'gamma' }), 'monolith'],
    ['of no cohort', { cohorts: beta }, asker(), 'monolith'],
    ['degraded', { degraded: true, readsBelow: 10_000, cohorts: beta }, asker(), 'monolith'],
    ['degraded, with all moved', { degraded: true, extractedBelow: 10_000 }, asker(), 'extracted'],
  ] as const)('%s', (_what, more, from, side) => {
    expect(sideFor(shifting(more), list, from)).toBe(side);
  });

  it('and that has a key, degraded: its owner', () => {
    expect(
      sideFor(shifting({ degraded: true, readsBelow: 10_000 }), routed('copy'), asker()),
    ).toBeUndefined();
  });

  it('a cohort moves no write, and no read of the owner', () => {
    const entry = shifting({ cohorts: beta });
    const from = asker('r', { 'x-user-group': 'beta' });
    for (const kind of ['command', 'process', 'query'] as const) {
      expect(sideFor(entry, routed(kind), from)).toBeUndefined();
    }
  });

  it('is spread by request, as the share says', () => {
    const entry = shifting({ readsBelow: 2_500 });
    const asked = Array.from({ length: 4_000 }, (_, i) => sideFor(entry, list, asker(`request-${i}`)));
    const share = asked.filter((side) => side === 'extracted').length / asked.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.3);
  });
});

describe('the owner of a key', () => {
  it('is extracted below the border, and nobody is at both', () => {
    const bucket = bucketOf('shelf', 'A');
    expect(ownerOf({ extractedBelow: bucket }, 'shelf', 'A')).toBe('monolith');
    expect(ownerOf({ extractedBelow: bucket + 1 }, 'shelf', 'A')).toBe('extracted');
    expect(ownerOf({ extractedBelow: 0 }, 'shelf', 'A')).toBe('monolith');
    expect(ownerOf({ extractedBelow: 10_000 }, 'shelf', 'A')).toBe('extracted');
  });

  it('makes the parts of a command: each key in one of them', () => {
    const keys = Array.from({ length: 50 }, (_, i) => `K-${i}`);
    const parts = partsOf({ extractedBelow: 5_000 }, 'shelf', keys);
    expect(parts.map(({ side }) => side).sort()).toEqual(['extracted', 'monolith']);
    expect(parts.flatMap((part) => part.keys).sort()).toEqual([...keys].sort());
    for (const { side, keys: owned } of parts) {
      for (const key of owned) expect(ownerOf({ extractedBelow: 5_000 }, 'shelf', key)).toBe(side);
    }
    expect(partsOf({ extractedBelow: 0 }, 'shelf', keys)).toEqual([{ side: 'monolith', keys }]);
  });

  it('that has no key of its own is the one of the module', () => {
    expect(partsOf({ extractedBelow: 10_000 }, 'shelf', ['shelf'])).toEqual([
      { side: 'extracted', keys: ['shelf'] },
    ]);
  });
});
