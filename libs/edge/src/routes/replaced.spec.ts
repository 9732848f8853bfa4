import { replacement, standingOf } from './replaced.js';
import { aRoute, aRow } from './routes.fixture.js';

const before = { legacy: ['http://old:1'], new: ['http://a:1', 'http://b:1'] };
const to = (upstreams: Partial<typeof before>, sharedStore = false) =>
  aRoute({ upstreams: { ...before, ...upstreams }, sharedStore });
const at = (percent: number) => aRow({ percent, approved: [10], upstreams: before });
const another = { new: ['http://c:1'] };

test.each([
  ['another application: nobody goes there before it is watched', 50, to(another), 0],
  ['another one, everybody is there, and both write to one store', 100, to(another, true), 0],
  ['another one, and what was written is there alone', 100, to(another), 100],
  ['one copy of three is replaced', 50, to({ new: ['http://b:1', 'http://c:1'] }), 50],
  ['a copy is added', 50, to({ new: [...before.new, 'http://c:1'] }), 50],
  ['legacy is another one', 50, to({ legacy: ['http://c:1'] }), 50],
])('%s: from %i %%', (_, percent, route, expected) => {
  expect(standingOf(at(percent), route)).toEqual({ phase: 'shifting', percent: expected });
  const { change } = replacement(at(percent), route)!;
  expect({ percent, ...change }).toMatchObject({ percent: expected, upstreams: route.upstreams });
});

test('what was approved was approved for another one', () => {
  expect(replacement(at(50), to(another))?.change.approved).toEqual([]);
});

test.each([
  [
    'another new',
    50,
    to(another),
    /^new was http:\/\/a:1, http:\/\/b:1 and is http:\/\/c:1: .*begins anew at 0 %$/,
  ],
  ['another new that nobody leaves', 100, to(another), /it stays at 100 %, because legacy does not know/],
  ['another new, and nobody is there', 0, to(another), /: what was seen before does not count$/],
  [
    'another legacy',
    50,
    to({ legacy: ['http://c:1'] }),
    /^legacy was .*: what was seen before does not count$/,
  ],
])('what was seen does not count, and the history says why: %s', (_, percent, route, reason) => {
  expect(replacement(at(percent), route)?.reason).toMatch(reason);
});

test.each([
  ['a copy more', at(50), to({ new: [...before.new, 'http://c:1'] })],
  ['a row of the release before', aRow({ percent: 50 }), to({})],
])('what was seen goes on counting: %s', (_, row, route) => {
  expect(replacement(row, route)).toEqual({ change: { upstreams: route.upstreams } });
  expect(standingOf(row, route).percent).toBe(50);
});

test('the same ones are nothing to write down', () => {
  expect(replacement(at(50), to({}))).toBeUndefined();
});
