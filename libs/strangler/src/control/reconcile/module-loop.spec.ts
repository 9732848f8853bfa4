import { pauseMs } from './module-loop.js';

const pace = { movingMs: 100, idleMs: 500 };

it.each([
  ['a module that moves', true, 10, 100],
  ['one whose look took long', true, 60, 240],
  ['one that nobody answered for', true, 2_000, 500],
  ['one at rest', false, 10, 500],
  ['one at rest whose look took long', false, 2_000, 500],
])('%s is looked at again after a while', (_what, moving, tookMs, expected) => {
  expect(pauseMs(pace, moving, tookMs)).toBe(expected);
});
