import { defaultSettings } from '../config/settings.js';
import type { Position, Step } from '../terms/machine.js';
import { about } from '../patient.fixture.js';
import { awaitedApprovals } from './approvals.js';
import { awaitsVerify, gateRules, gatesFor, isAskedBefore, watchGates, type Gate } from './gates.js';

/* Which step waits for which gate, and who may pass it: what docs/strangler-yaml.md promises of them. */

const at = (phase: Position['phase'], percent = 0): Position => ({
  ...{ module: 'toy', ownership: 'by-key', phase, percent },
  below: percent * 100,
});
const to = (phase: Position['phase']): Step => ({ kind: 'phase', to: phase, percent: 0 });
const handOff = (percent: number): Step => ({ kind: 'hand-off', below: percent * 100, percent });
const names = (asked: (name: Gate['name']) => boolean) =>
  gateRules.map(({ name }) => name).filter((name) => asked(name));
const state = ['lag', 'quarantined', 'degraded'];

it.each<[step: string, from: Position, step: Step, gates: string[]]>([
  ['to shadow', at('dual-write'), to('shadow'), ['backfill', ...state, 'verify', 'approval']],
  [
    'to shifting',
    at('shadow'),
    to('shifting'),
    ['backfill', ...state, 'verify', 'shadow mismatches', 'rehearsal', 'bake', 'approval'],
  ],
  ['the first share', at('shifting'), handOff(1), [...state, 'rehearsal', 'strays', 'approval']],
  [
    'the next share',
    at('shifting', 1),
    handOff(5),
    [...state, 'error rate', 'p99 ratio', 'rehearsal', 'strays', 'bake', 'approval'],
  ],
  [
    'to extracted',
    at('shifting', 100),
    to('extracted'),
    [...state, 'verify', 'error rate', 'rehearsal', 'strays', 'bake', 'approval'],
  ],
  ['back, where keys change hands', at('shifting', 50), handOff(0), [...state, 'approval']],
  ['back, where none do', at('shifting'), to('shadow'), []],
  ['the beginning', at('monolith'), { kind: 'capture' }, []],
  [
    'the end',
    at('extracted', 100),
    { kind: 'decommission' },
    [...state, 'verify', 'outbox', 'local use', 'approval'],
  ],
])('%s waits for its gates and no others', (_what, from, step, gates) => {
  expect(names((name) => isAskedBefore(name, from, step))).toEqual(gates);
});

it('an operator opens none on the state of the sides, nor the last comparison, nor an approval', () => {
  const firm = ['backfill', 'quarantined', 'degraded', 'verify', 'outbox', 'local use', 'approval'];
  expect(gateRules.filter((rule) => rule.firm).map(({ name }) => name)).toEqual(firm);
});

it('all rows are compared once nothing is missing but what comes by itself', () => {
  const holding = (name: Gate['name']) => ({ name, state: 'hold' }) as Gate;
  const byThemselves = ['verify', 'outbox', 'shadow mismatches', 'error rate', 'p99 ratio'];
  expect(names((name) => awaitsVerify([holding('verify'), holding(name)]))).toEqual([
    ...byThemselves,
    ...['rehearsal', 'strays', 'bake', 'approval'],
  ]);
});

it.each<[percent: number, watched: string[]]>([
  [0, []],
  [1, ['error rate', 'p99 ratio']],
  [50, ['error rate', 'p99 ratio']],
  [100, ['verify', 'error rate']],
])('at %i %% a module that rests is taken back by these alone', (percent, watched) => {
  const { observed } = about({}, {});
  expect(watchGates(at('shifting', percent), observed, defaultSettings).map(({ name }) => name)).toEqual(
    watched,
  );
});

it('of two sides that are behind the later one counts; of one that cannot be asked nothing is known', () => {
  const { observed } = about({}, {});
  const lag = () =>
    gatesFor(at('shifting'), handOff(1), observed, defaultSettings).find(({ name }) => name === 'lag');
  observed.states.monolith!.outgoing.lagMs = 600;
  observed.states.extracted!.outgoing.lagMs = 700;
  expect(lag()).toMatchObject({ value: 700, state: 'pass' });
  Object.assign(observed.states, { extracted: null });
  expect(lag()).toMatchObject({ value: null, state: 'hold' });
});

it('a step is watched for its time and no longer', () => {
  const { observed } = about({}, {});
  const bake = (ageMs: number) => {
    Object.assign(observed.evidence, { ageMs });
    return gatesFor(at('shifting', 1), handOff(5), observed, {
      ...defaultSettings,
      probeBakeMs: 30_000,
    }).find(({ name }) => name === 'bake')?.state;
  };
  expect([bake(29_999), bake(30_000)]).toEqual(['hold', 'pass']);
});

it('a share is approved before the step that leads to it or past it; of what has one owner, the keys by 100 alone', () => {
  const shares = [5, 25, 100];
  expect(awaitedApprovals(at('shifting', 5), handOff(25), shares)).toEqual([25]);
  expect(awaitedApprovals(at('shifting'), handOff(100), shares)).toEqual(shares);
  expect(awaitedApprovals(at('shifting', 50), handOff(5), shares)).toEqual([]);
  const whole = { ...at('shifting', 5), ownership: 'whole' as const, below: 0 };
  expect(awaitedApprovals(whole, { kind: 'reads', percent: 100 }, shares)).toEqual([25]);
  expect(awaitedApprovals(whole, handOff(100), shares)).toEqual([100]);
});
