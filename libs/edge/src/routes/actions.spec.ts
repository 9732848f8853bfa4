import { RefusedError } from 'nestjs-strangler';
import { judgeAction, type RouteAction, type Situation } from './actions.js';
import type { RouteGate } from './gates.js';
import { aRoute, aRow } from './routes.fixture.js';

const situation = (more: Partial<Situation> = {}): Situation => ({
  row: aRow(),
  route: aRoute(),
  actor: 'ann',
  gates: [],
  free: false,
  ...more,
});
const gate = (state: RouteGate['state']): RouteGate => ({
  ...{ name: 'error rate', value: 0.5, limit: 0.01, samples: 90, needed: 200, confidence: null },
  ...{ probes: 0, customers: 90, why: null },
  state,
});
const filed = aRow({ filed: { percent: 10, path: 'strangler.yaml', line: 3 } });

it.each<[RouteAction, number]>([
  [{ verb: 'run' }, 100],
  [{ verb: 'shift', percent: 50 }, 50],
  [{ verb: 'rollback' }, 0],
])(
  '%j of a route that the file steers is refused, with the line and what it should say',
  (action, percent) => {
    expect(() => judgeAction(action, situation({ row: filed }))).toThrow(
      new RefusedError(
        `/reports is steered by strangler.yaml:3, which says percent: 10; change it there: percent: ${percent}, or from here with --write`,
      ),
    );
  },
);

it('who asks for what the file says already is not sent to write it there', () => {
  const row = aRow({ percent: 0, filed: { percent: 0, path: 'strangler.yaml', line: 3 } });
  expect(() => judgeAction({ verb: 'rollback' }, situation({ row }))).toThrow(
    /which says percent: 0 already; with --write/,
  );
  const paused = { ...row, paused: 'all' as const };
  const { plan } = judgeAction({ verb: 'resume' }, situation({ row: paused }));
  expect(plan).toEqual([expect.stringContaining('its percent stands in strangler.yaml:3')]);
});

it('what stops a route works beside the file', () => {
  expect(judgeAction({ verb: 'pause' }, situation({ row: filed })).change.paused).toBe('all');
  const paused = { ...filed, paused: 'up' as const, wanted: { ...filed.wanted, percent: 0 } };
  expect(judgeAction({ verb: 'resume' }, situation({ row: paused })).change).toMatchObject({
    paused: null,
    phase: 'shifting',
    wanted: { percent: 10, by: 'file' },
  });
});

it('a share that is named is reached at once, past what only holds, and not past what fails', () => {
  const act = (state: RouteGate['state'], percent: number) =>
    judgeAction({ verb: 'shift', percent }, situation({ gates: [gate(state)] }));
  expect(act('hold', 50).change).toMatchObject({ percent: 50, wanted: { percent: 50, actor: 'ann' } });
  expect(() => act('fail', 50)).toThrow(
    'the gate "error rate" fails: 50 % of the new upstream\'s answers fail (limit 1 %, of 90)',
  );
  expect(act('fail', 5).change.percent).toBe(5);
});

it('advance goes one share further, past what only holds and not past what fails; a step that the file wants is not against it', () => {
  const advance = (more: Partial<Situation>) => judgeAction({ verb: 'advance' }, situation(more));
  const wanted = { percent: 100, by: 'file' as const, actor: 'strangler.yaml:3' };
  expect(advance({}).change).toMatchObject({ percent: 50, wanted: { percent: 50, actor: 'ann' } });
  expect(advance({ row: { ...filed, wanted } })).toMatchObject({ goal: 50 });
  expect(advance({ row: { ...filed, wanted } }).change).toEqual({
    phase: 'shifting',
    percent: 50,
    approved: [],
  });
  expect(() => advance({ row: filed })).toThrow(/steered by .* change it there: percent: 50/);
  expect(() => advance({ row: aRow({ percent: 100 }) })).toThrow(/is at 100 % already/);
  for (const row of [aRow(), { ...filed, wanted }])
    expect(() => advance({ row, gates: [gate('fail')] })).toThrow(/the gate "error rate" fails/);
  expect(advance({ row: aRow({ percent: 50 }), gates: [gate('hold')] }).plan.join()).toContain('all writes');
});

it('whoever moves writes is told so, and what going back does not bring along', () => {
  const plan = (action: RouteAction, percent: number, sharedStore = false) =>
    judgeAction(action, situation({ row: aRow({ percent }), route: aRoute({ sharedStore }) })).plan.join(
      '\n',
    );
  expect(plan({ verb: 'shift', percent: 100 }, 10)).toContain('with that all writes');
  expect(plan({ verb: 'run' }, 10)).toContain('100 % to new, and with that all writes');
  expect(plan({ verb: 'rollback' }, 100)).toContain('does not know those made at new');
  expect(plan({ verb: 'shift', percent: 50 }, 100)).toContain('does not know those made at new');
  expect(plan({ verb: 'rollback' }, 50)).not.toContain('writes');
  expect(plan({ verb: 'rollback' }, 100, true)).not.toContain('writes');
});

it.each<[string, RouteAction, Partial<Situation['row']>, RegExp]>([
  ['a share that it has', { verb: 'shift', percent: 10 }, {}, /is at 10 % already/],
  ['a run of what has arrived', { verb: 'run' }, { percent: 100 }, /is at 100 % already/],
  ['a second pause', { verb: 'pause' }, { paused: 'all' }, /is paused already/],
  ['a resume of what goes on', { verb: 'resume' }, {}, /is not paused/],
  [
    'a way back from where nobody left',
    { verb: 'rollback' },
    { phase: 'legacy', percent: 0, wanted: { percent: 0, by: 'operator', actor: 'ann' } },
    /nothing to go back to/,
  ],
])('%s is refused', (_what, action, row, message) => {
  expect(() => judgeAction(action, situation({ row: aRow(row) }))).toThrow(message);
});

it('rollback takes cohorts back too; a share of 0 does not', () => {
  const change = (action: RouteAction) => judgeAction(action, situation()).change;
  expect(change({ verb: 'rollback' })).toMatchObject({ phase: 'legacy', percent: 0 });
  expect(change({ verb: 'shift', percent: 0 })).toMatchObject({ phase: 'shifting', percent: 0 });
});

it('a person lets the next step go where the settings ask for it, and nowhere else; nobody passes over that', () => {
  const route = aRoute({ approve: [50, 100] });
  const act = (action: RouteAction, wanted: number, approved: number[] = []) => {
    const row = aRow({ wanted: { percent: wanted, by: 'operator', actor: 'ann' }, approved });
    return judgeAction(action, situation({ row, route }));
  };
  expect(act({ verb: 'approve' }, 100)).toMatchObject({ change: { approved: [50] }, goal: 50 });
  expect(() => act({ verb: 'approve' }, 100, [50])).toThrow(/before 50, 100 %, and its next step does not/);
  expect(() => act({ verb: 'approve' }, 10)).toThrow(/no step of \/reports waits for an approval/);
  expect(() => act({ verb: 'shift', percent: 60 }, 10)).toThrow(/a person approves the step .* to 50 %/);
  expect(() => act({ verb: 'advance' }, 100)).toThrow(/a person approves the step .* to 50 %/);
  expect(act({ verb: 'advance' }, 100, [50]).change.percent).toBe(50);
  expect(act({ verb: 'shift', percent: 5 }, 100).change.percent).toBe(5);
});

it('abort ends the way that a route is on, and leaves it where it is', () => {
  const way = { wanted: { percent: 100, by: 'operator' as const, actor: 'ann' } };
  const change = (row: object) =>
    judgeAction({ verb: 'abort' }, situation({ row: aRow({ ...way, ...row }) })).change;
  expect(change({})).toMatchObject({ wanted: { percent: 10 } });
  expect(change({ filed: filed.filed })).toEqual({ paused: 'all', pauseReason: 'aborted by ann' });
  expect(() => change({ percent: 100 })).toThrow(/nothing is under way/);
});
