import { rowsOf } from './whole.js';

const table = (copied: number, total: number, done = false) => ({ table: 't', copied, total, done });

it.each([
  ['of what is done it is known', [table(7, 100, true), table(3, 10)], 10, 17],
  ['more than were expected', [table(12, 10)], 12, 13],
  ['none were expected', [table(0, 0)], 0, 1],
  ['all is done', [table(7, 100, true), table(0, 1, true)], 7, 7],
  ['nothing is copied', [], 0, 0],
])('%s', (_, tables, copied, total) => {
  expect(rowsOf(tables)).toEqual({ copied, total });
});
