import { differencesOf, type Answer } from './compare-answers.js';

const answer = (body: string, type = 'application/json', status = 200): Answer => ({
  ...{ status, type, body: Buffer.from(body) },
});

it.each<[what: string, Answer, Answer, paths: string[]]>([
  ['the same bytes', answer('<p>', 'text/html'), answer('<p>', 'text/html'), []],
  ['other bytes', answer('<p>', 'text/html'), answer('<b>', 'text/html'), ['body']],
  ['another order and other spaces of JSON', answer('{"a":1,"b":2}'), answer('{ "b": 2, "a": 1 }'), []],
  ['another value', answer('{"a":{"b":1}}'), answer('{"a":{"b":2}}'), ['a.b']],
  ['a value alone', answer('1'), answer('2'), ['body']],
  ['a missing value', answer('{"a":null}'), answer('{}'), ['a']],
  ['another order of a list', answer('[1,2]'), answer('[2,1]'), ['0', '1']],
  ['another status', answer('{}'), answer('{}', 'application/json', 500), ['status']],
  ['JSON with a character set', answer('{"a":1}'), answer('{"a": 1}', 'application/json; charset=utf-8'), []],
  ['a problem and JSON', answer('{"a":1}', 'application/problem+json'), answer('{ "a":1}'), []],
  ['JSON and a page', answer('{}'), answer('<p>', 'text/html'), ['body']],
  ['JSON that is none', answer('{'), answer('{ '), ['body']],
])('%s', (_what, legacy, next, paths) => {
  expect(differencesOf(legacy, next).map(({ path }) => path)).toEqual(paths);
});

it('what customers have said does not stand in a difference', () => {
  const said = differencesOf(
    answer('{"name":"Ann Lee","age":7,"x":null}'),
    answer('{"name":"Bob Lee","age":"7"}'),
  );
  expect(JSON.stringify(said)).not.toMatch(/Ann|Bob|7/);
  expect(said).toEqual([
    { path: 'name', monolith: 'string', extracted: 'string' },
    { path: 'age', monolith: 'number', extracted: 'string' },
    { path: 'x', monolith: 'null', extracted: 'missing' },
  ]);
});
