import { shareDone } from './format.js';

it('says how far a work is, whose whole is not known yet, or was counted too low', () => {
  expect(shareDone({ done: 999, total: 1_000 })).toBe(99);
  expect(shareDone({ done: 0, total: 0 })).toBe(0);
  expect(shareDone({ done: 12, total: 10 })).toBe(100);
});
