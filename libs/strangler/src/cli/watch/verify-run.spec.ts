import { VerifyRun } from './verify-run.js';

const idle = (checkedAt: string | null) => ({ running: null, checkedAt, rows: 0, differences: 0 });
const running = { ...idle(null), running: { done: 1, total: 2, etaSeconds: null } };

it('is done when there is a newer result', () => {
  const run = new VerifyRun('monday');
  expect(run.see(idle('monday'))).toBe('running');
  expect(run.see({ ...running, checkedAt: 'monday' })).toBe('running');
  expect(run.see(idle('tuesday'))).toBe('done');
});

it('is done when it was too quick to be seen running', () => {
  expect(new VerifyRun(null).see(idle('monday'))).toBe('done');
});

it('has stopped when it ran and left no result', () => {
  const run = new VerifyRun(null);
  run.see(running);
  expect([1, 2, 3].map(() => run.see(idle(null)))).toEqual(['running', 'running', 'stopped']);
});

it('does not wait for ever for one that never begins', () => {
  const run = new VerifyRun(null);
  const seen = Array.from({ length: 25 }, () => run.see(idle(null)));
  expect(seen).toContain('stopped');
});
