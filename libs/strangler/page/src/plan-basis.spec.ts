import { standing } from '../../../../test/support/standing.js';
import { planBasisOf } from './plan-basis.js';

const now = standing('stock', { phase: 'shifting', percent: 25 });

describe('what a plan is made by', () => {
  it.each([
    ['the phase', { phase: 'extracted' }],
    ['the share', { percent: 26 }],
    ['the owner of something', { epoch: 2 }],
    ['a pause', { paused: true }],
    ['a wish', { wanted: { ...now.wanted, percent: 50 } }],
    ['a step that has begun', { transition: { action: 'shift', step: 'fence', sinceMs: 5 } }],
    [
      'a comparison of all rows',
      { verify: { ...now.verify, running: { done: 0, total: 9, etaSeconds: null } } },
    ],
  ] as const)('is another with %s', (_what, change) => {
    expect(planBasisOf({ ...now, ...change })).not.toBe(planBasisOf(now));
  });

  it('stays the same while only figures change', () => {
    const moving = { ...now, transition: { action: 'shift', step: 'fence', sinceMs: 5 } };
    const later = { ...moving, transition: { ...moving.transition, step: 'copy', sinceMs: 900 }, lagMs: 7 };
    expect(planBasisOf(later)).toBe(planBasisOf(moving));
  });
});
