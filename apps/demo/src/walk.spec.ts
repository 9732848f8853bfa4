import type { HistoryEntry, ModuleStatus } from 'nestjs-strangler';
import { statusOf } from './status.fixture.js';
import { settingsFor, tourOf, type Leg } from './tour.js';
import { walk, WalkError, type ControlPlane } from './walk.js';

const out: Leg = { module: 'inventory', to: 'extracted' };
const wanted = { phase: 'extracted', percent: null, by: 'operator' } as const;
const moving = (change: Partial<ModuleStatus>) => statusOf({ module: 'inventory', wanted, ...change });

const entry = (id: number, outcome: HistoryEntry['outcome'], reason: string): HistoryEntry => ({
  id,
  at: '2026-01-01T00:00:00Z',
  module: 'inventory',
  actor: 'a',
  action: 'shift',
  from: 'shifting',
  to: 'shadow',
  outcome,
  reason,
  figures: { errorRate: 0.5 },
});

describe('a walk', () => {
  let acts: unknown[];
  let history: HistoryEntry[];
  let statuses: ModuleStatus[];
  let seen: string[];
  let stop: AbortController;

  beforeEach(() => {
    [acts, history, statuses, seen] = [[], [], [], []];
    stop = new AbortController();
  });

  const admin: ControlPlane = {
    module: async () => (statuses.length > 1 ? statuses.shift()! : statuses[0]!),
    act: async (...act) => void acts.push(act),
    history: async () => history,
  };
  const options = (patienceMs = 10_000) => ({
    admin,
    onStatus: ({ phase }: ModuleStatus) => void seen.push(phase),
    stop: stop.signal,
    patienceMs,
  });

  it('out begins with settings for a demo, and ends where the module rests', async () => {
    const transition = { action: 'phase', step: 'release', sinceMs: 1 };
    statuses = [
      moving({ phase: 'shadow' }),
      moving({ phase: 'extracted', transition }),
      moving({ phase: 'extracted' }),
    ];
    await walk(out, options());
    expect(acts).toEqual([['inventory', 'run', { settings: settingsFor('inventory') }]]);
    expect(seen).toEqual(['shadow', 'extracted', 'extracted']);
  });

  it('back is a rollback to the monolith', async () => {
    statuses = [statusOf({ module: 'inventory' })];
    await walk({ module: 'inventory', to: 'monolith' }, options());
    expect(acts).toEqual([['inventory', 'rollback', { to: 'monolith' }]]);
  });

  it.each<[string, Partial<ModuleStatus>]>([
    ['turned round', { wanted: { ...wanted, phase: 'shadow' } }],
    ['was paused', { paused: true }],
  ])('that %s says why, from what has happened since it began', async (_what, change) => {
    statuses = [moving({ phase: 'shifting', percent: 25, waitingFor: 'an operator', ...change })];
    history = [entry(1, 'failed', 'long ago')];
    const begun = { ...admin, act: async () => void history.push(entry(2, 'aborted', 'a gate broke')) };
    const failure = await walk(out, { ...options(), admin: begun }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WalkError);
    const { message } = failure as Error;
    expect(message).toContain(
      'inventory -> extracted was not finished. inventory stands at shifting 25 %: an operator',
    );
    expect(message).toContain('shift aborted: a gate broke {"errorRate":0.5}');
    expect(message).not.toContain('long ago');
  });

  it('that stands still says which gates hold it', async () => {
    const plain = { probes: 0, customers: 0, needed: 1, confidence: null, why: null };
    const gates = [
      { ...plain, name: 'lag', value: 1, limit: 1_000, samples: 5, state: 'pass' as const },
      { ...plain, name: 'errorRate', value: null, limit: 0, samples: 0, state: 'hold' as const },
    ];
    statuses = [moving({ phase: 'shifting', percent: 1, gates })];
    await expect(walk(out, options(0))).rejects.toThrow(
      /stands at shifting 1 %: errorRate hold: no value of 0, 0 samples/,
    );
  });

  it('ends when it is stopped', async () => {
    statuses = [moving({ phase: 'shadow' })];
    stop.abort();
    await walk(out, options());
    expect(seen).toEqual([]);
  });
});

it('the way is inventory out, back, out again, and orders out; or one module out, back, out', () => {
  const names = (only?: 'users') => tourOf(only).map(({ module, to }) => `${module} ${to}`);
  const andBack = (module: string) => [`${module} extracted`, `${module} monolith`, `${module} extracted`];
  expect(names()).toEqual([...andBack('inventory'), 'orders extracted']);
  expect(names('users')).toEqual(andBack('users'));
});

it('gates stay: every one has a limit that can be broken, and wants samples', () => {
  for (const { module } of tourOf(undefined)) {
    const { gates, ramp } = settingsFor(module);
    expect(gates.minSamples).toBeGreaterThan(0);
    expect(gates.errorRate).toBeLessThan(1);
    expect(ramp.at(-1)).toBe(100);
  }
});
