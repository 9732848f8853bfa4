import { decideRoute, filedRoute, movedTo, returned } from './decide.js';
import { wayTo } from './ramp.js';
import { aRoute, aRow, calls, seen } from './routes.fixture.js';

const wanted = (percent: number) => ({ percent, by: 'file' as const, actor: 'strangler.yaml:3' });
const limits = (more: object) => aRoute({ gates: { ...aRoute().gates, ...more } });
const failing = seen({ calls: { legacy: calls(1_000), new: calls(100, 30) } });
const slow = seen({ calls: { legacy: calls(1_000), new: calls(1_000, 0, 40) } });

it('a route walks up its ramp, and ends at what is wanted', () => {
  const at = (percent: number) => decideRoute(aRow({ percent, wanted: wanted(30) }), aRoute(), seen());
  expect([0, 1, 10, 30].map(at)).toEqual([
    { kind: 'step', to: 1, gates: [] },
    expect.objectContaining({ kind: 'step', to: 10 }),
    expect.objectContaining({ kind: 'step', to: 30 }),
    { kind: 'rest' },
  ]);
  expect(wayTo(0, 30, [1, 10, 50, 100])).toEqual([1, 10, 30]);
  expect(wayTo(50, 10, [1, 10, 50, 100])).toEqual([10]);
});

it('a smaller share waits for nothing', () => {
  const row = aRow({ percent: 50, wanted: wanted(10) });
  expect(decideRoute(row, aRoute({ bakeMs: 90_000 }), seen())).toEqual({ kind: 'step', to: 10, gates: [] });
});

it('a step waits until its share was watched long enough and was asked often enough', () => {
  const row = aRow({ wanted: wanted(100) });
  const names = (route = aRoute(), evidence = seen()) => {
    const decision = decideRoute(row, route, evidence);
    return decision.kind === 'hold'
      ? decision.gates.filter(({ state }) => state === 'hold').map(({ name }) => name)
      : decision.kind;
  };
  expect(names(aRoute({ bakeMs: 61_000 }))).toEqual(['bake']);
  expect(names(limits({ minSamples: 50 }))).toEqual(['error rate', 'p99 ratio']);
  const many = seen({ calls: { legacy: calls(1_000), new: calls(1_000) } });
  expect(names(limits({ minSamples: 50 }), many)).toBe('step');
});

it('before the first step copies are compared, where there are any; answers that differ keep it there', () => {
  const row = aRow({ percent: 0, wanted: wanted(100) });
  const compared = (mismatches: number) => seen({ shadow: { compared: 300, mismatches, unavailable: 0 } });
  const route = { ...limits({ minSamples: 50 }), shadow: 0.1 };
  expect(decideRoute(row, route, seen()).kind).toBe('hold');
  expect(decideRoute(row, route, compared(1)).kind).toBe('hold');
  expect(decideRoute(row, route, compared(0)).kind).toBe('step');
});

it.each([
  ['fails', failing, 'error rate'],
  ['is slow', slow, 'p99 ratio'],
])('a new upstream that %s loses everybody, also where nothing else is wanted', (_what, evidence, gate) => {
  for (const percent of [10, 100]) {
    const row = aRow({ wanted: wanted(percent) });
    expect(decideRoute(row, aRoute(), evidence)).toMatchObject({ kind: 'return', gate: { name: gate } });
  }
});

it('a new upstream that fails as often as the old one is no reason to go back', () => {
  const evidence = seen({ calls: { legacy: calls(1_000, 300), new: calls(100, 30) } });
  expect(decideRoute(aRow(), aRoute(), evidence)).toEqual({ kind: 'rest' });
});

it('once writes are at a store that the old upstream does not see, nobody goes back by himself', () => {
  const row = aRow({ percent: 100, wanted: wanted(100) });
  expect(decideRoute(row, aRoute(), failing).kind).toBe('stay');
  expect(decideRoute(row, aRoute({ sharedStore: true }), failing).kind).toBe('return');
});

it('a route that went back stays there until somebody says otherwise', () => {
  const gone = {
    ...aRow({ filed: { percent: 10, path: 'strangler.yaml', line: 3 } }),
    ...returned('broken'),
  };
  expect(decideRoute(gone, aRoute(), failing)).toEqual({ kind: 'rest' });
  const route = aRoute({ percent: 10 });
  expect(filedRoute(route, gone, 'strangler.yaml')).toBeUndefined();
  expect(filedRoute({ ...route, percent: 20 }, gone, 'strangler.yaml')).toMatchObject({
    phase: 'shifting',
    paused: null,
    wanted: { percent: 20, by: 'file', actor: 'strangler.yaml:3' },
  });
});

it('what is paused goes no further out, and back only where it may', () => {
  const up = { wanted: wanted(50) };
  const down = { wanted: wanted(0) };
  const kind = (more: object) => decideRoute(aRow(more), aRoute(), seen()).kind;
  expect(kind({ ...up, paused: 'all' })).toBe('paused');
  expect(kind({ ...up, paused: 'up' })).toBe('paused');
  expect(kind({ ...down, paused: 'all' })).toBe('paused');
  expect(kind({ ...down, paused: 'up' })).toBe('step');
});

it('only an edit of the file moves a route; a line that moves, or a share that is taken out, does not', () => {
  const row = aRow({ filed: { percent: 10, path: 'strangler.yaml', line: 3 } });
  expect(filedRoute(aRoute({ percent: 10 }), row, 'strangler.yaml')).toBeUndefined();
  expect(filedRoute(aRoute({ percent: 10, line: 7 }), row, 'strangler.yaml')).toEqual({
    filed: { percent: 10, path: 'strangler.yaml', line: 7 },
  });
  expect(filedRoute(aRoute(), row, 'strangler.yaml')).toEqual({
    filed: null,
    wanted: { ...row.wanted, by: 'operator' },
  });
  expect(filedRoute(aRoute(), aRow(), 'strangler.yaml')).toBeUndefined();
});

it('a step that a person has to approve waits for that, once for each way out', () => {
  const route = aRoute({ approve: [100] });
  const at = (percent: number, approved: number[] = []) =>
    decideRoute(aRow({ percent, approved, wanted: wanted(100) }), route, seen());
  expect(at(10).kind).toBe('step');
  expect(at(50)).toMatchObject({
    kind: 'hold',
    gates: expect.arrayContaining([expect.objectContaining({ name: 'approval', value: 100, state: 'hold' })]),
  });
  expect(at(50, [100]).kind).toBe('step');
  expect(movedTo(100, { approved: [100] }).approved).toEqual([100]);
  expect([movedTo(50, { approved: [100] }), returned('broken')].map(({ approved }) => approved)).toEqual([
    [],
    [],
  ]);
});
