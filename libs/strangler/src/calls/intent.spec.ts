import { nextOf, type Next } from './intent.js';
import type { Earlier } from './idempotency.js';

const done: Earlier = { key: 'A', state: 'done', result: '1' };
const running: Earlier = { key: 'A', state: 'running' };

it.each<[string, Earlier | undefined, string | undefined, Next]>([
  ['it comes for the first time', undefined, undefined, { kind: 'intend' }],
  ['its call was not due, and it was answered', done, undefined, { kind: 'answer', result: '1' }],
  ['its intent is there, and no result', running, undefined, { kind: 'intend' }],
  ['its intent is there, and its result', running, '2', { kind: 'answer', result: '2' }],
])('a command with an effect outside, when %s', (_when, earlier, settled, next) => {
  expect(nextOf(earlier, settled)).toEqual(next);
});
