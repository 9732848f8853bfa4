import fc from 'fast-check';
import { buckets } from '../../routes/bucket.js';
import { phases } from '../../routes/phase.js';
import { after, inWords, leadsOut, nextStep, planSteps, type Goal, type Position } from './machine.js';

const ramp = [1, 5, 25, 50, 100];
const at = (phase: Position['phase'], percent = 0, more: Partial<Position> = {}): Position => ({
  module: 'toy',
  ownership: 'by-key',
  phase,
  percent,
  below: (percent * buckets) / 100,
  ...more,
});
const goal = (phase: Goal['phase'], percent: number | null = null, direct = false): Goal => ({
  phase,
  percent,
  ramp,
  direct,
});
const short = (from: Position, to: Goal): string[] =>
  planSteps(from, to).map((step) => {
    if (step.kind === 'phase') return step.to;
    return 'percent' in step ? `${step.kind} ${step.percent}` : step.kind;
  });

it.each<[string, Position, Goal, string[]]>([
  [
    'out',
    at('monolith'),
    goal('extracted'),
    ['capture', 'shadow', 'shifting', ...ramp.map((share) => `hand-off ${share}`), 'extracted'],
  ],
  [
    'back',
    at('extracted', 100),
    goal('monolith'),
    ['shifting', 'hand-off 0', 'shadow', 'dual-write', 'uncapture'],
  ],
  [
    'to a share, by the ramp',
    at('shadow'),
    goal('shifting', 30),
    ['shifting', 'hand-off 1', 'hand-off 5', 'hand-off 25', 'hand-off 30'],
  ],
  ['to a share, at once', at('shadow'), goal('shifting', 30, true), ['shifting', 'hand-off 30']],
  ['to a smaller share', at('shifting', 50), goal('shifting', 5), ['hand-off 5']],
  ['back to shadow', at('shifting', 25), goal('shadow'), ['hand-off 0', 'shadow']],
  ['to dual-write only', at('monolith'), goal('dual-write'), ['capture']],
  ['nowhere', at('extracted', 100), goal('extracted'), []],
  ['away for good', at('extracted', 100), goal('decommissioned'), ['decommission']],
  ['from where there is no way back', at('decommissioned', 100), goal('monolith'), []],
])('%s', (_what, from, to, steps) => {
  expect(short(from, to)).toEqual(steps);
});

const whole = { ownership: 'whole' as const, below: 0 };
it.each<[string, Position, Goal, string[]]>([
  [
    'out: reads by the ramp, everything else at the end',
    at('shadow', 0, whole),
    goal('extracted'),
    ['shifting', ...ramp.map((share) => `reads ${share}`), 'hand-off 100', 'extracted'],
  ],
  ['a share moves reads only', at('shifting', 5, whole), goal('shifting', 100, true), ['reads 100']],
  [
    'back: everything first, with the reads',
    at('extracted', 100, { ownership: 'whole' }),
    goal('shadow'),
    ['shifting', 'hand-off 0', 'shadow'],
  ],
])('owned as a whole, %s', (_what, from, to, steps) => {
  expect(short(from, to)).toEqual(steps);
});

const positions = fc
  .record({
    ownership: fc.constantFrom('by-key' as const, 'whole' as const),
    phase: fc.constantFrom(...phases),
    percent: fc.integer({ min: 0, max: 100 }),
  })
  .map(({ ownership, phase, percent }): Position => {
    const shifting = phase === 'shifting';
    const share = shifting ? percent : ['extracted', 'decommissioned'].includes(phase) ? 100 : 0;
    const below = ownership === 'whole' && shifting ? 0 : share * 100;
    return { module: 'toy', ownership, phase, percent: share, below };
  });
const goals = fc.record({
  phase: fc.constantFrom(...phases.filter((phase) => phase !== 'decommissioned')),
  percent: fc.integer({ min: 0, max: 100 }),
  ramp: fc.array(fc.integer({ min: 1, max: 100 })),
  direct: fc.boolean(),
});

it('every plan ends where it is to go, and moves buckets only while shifting', () => {
  fc.assert(
    fc.property(positions, goals, (from, to) => {
      fc.pre(from.phase !== 'decommissioned');
      let position = from;
      for (const step of planSteps(from, to)) {
        if (step.kind === 'hand-off') expect(position.phase).toBe('shifting');
        expect(inWords(position, step)).not.toBe('');
        position = after(position, step);
      }
      expect(position.phase).toBe(to.phase);
      if (to.phase === 'shifting') expect(position.percent).toBe(to.percent);
      expect(nextStep(position, to)).toBeUndefined();
    }),
  );
});

it('a plan that leads back has no step that leads out', () => {
  fc.assert(
    fc.property(positions, (from) => {
      fc.pre(from.phase !== 'decommissioned');
      let position = from;
      for (const step of planSteps(from, goal('monolith'))) {
        expect(leadsOut(position, step)).toBe(false);
        position = after(position, step);
      }
    }),
  );
});
