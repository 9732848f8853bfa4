import { openPair, writeAsCopy, type TestPair } from '../../../../../test/support/verifying.js';
import type { MovingModule } from '../../database/tables.js';
import { verifyModule } from './verify.js';

/*
 * The extracted side has other columns. What would go wrong: all rows seem to differ; or, compared in the copy's form, rows
 * that say the same to their owner do.
 */
const people: MovingModule = {
  module: 'people',
  ownership: 'by-key',
  tables: ['person'],
  routingKey: 'id',
  transforms: {
    person: {
      toExtracted: {
        id: 't.id',
        first_name: `split_part(t.name, ' ', 1)`,
        last_name: `substr(t.name, length(split_part(t.name, ' ', 1)) + 2)`,
        born: 't.born',
      },
      toMonolith: { id: 't.id', name: `concat_ws(' ', t.first_name, t.last_name)`, born: 't.born' },
    },
  },
};
const ddl = {
  monolith: `create schema people; create table people.person (id integer primary key, name text, born date)`,
  extracted: `create schema people;
    create table people.person (last_name text, first_name text, born date, id bigint primary key)`,
};

let pair: TestPair;
beforeAll(async () => {
  pair = await openPair({ module: people, ddl, capture: false });
  const many = `generate_series(1, 300) n`;
  await writeAsCopy(
    pair.sides.monolith,
    `insert into people.person select n, 'Ann ' || 'Lee ' || n, date '2000-01-01' + n from ${many}`,
  );
  await writeAsCopy(
    pair.sides.extracted,
    `insert into people.person select 'Lee ' || n, 'Ann', date '2000-01-01' + n, n from ${many}`,
  );
});
afterAll(() => pair.drop());

const verify = () => verifyModule({ controls: pair.controls, tables: pair.sides.monolith.tables });

it.each([
  ['the monolith', 0],
  ['the extracted side', 10_000],
  ['both', 5_000],
])('owned by %s: rows that are each other’s transform are equal', async (_owner, border) => {
  await pair.own(border);
  expect(await verify()).toMatchObject({ rows: 300, found: 0, unsettled: 0 });
});

it('owned by the monolith: a copy that is split otherwise is as good', async () => {
  await pair.own(0);
  const split = (first: string, last: string) =>
    pair.sides.extracted.query('update people.person set first_name = $1, last_name = $2 where id = 7', [
      first,
      last,
    ]);
  await split('Ann Lee', '7');
  expect(await verify()).toMatchObject({ found: 0, unsettled: 0 });
  await pair.own(10_000);
  expect((await verify()).differences).toMatchObject([{ pk: ['7'], owner: 'extracted', kind: 'differs' }]);
  await split('Ann', 'Lee 7');
});

it.each([
  ['monolith', 0, { name: { monolith: 'Ann Lee 7', extracted: 'Ann Lea 7' } }],
  ['extracted', 10_000, { last_name: { monolith: 'Lee 7', extracted: 'Lea 7' } }],
])('owned by %s: a difference is told in its columns', async (owner, border, fields) => {
  await pair.own(border);
  const set = (name: string) =>
    pair.sides.extracted.query('update people.person set last_name = $1 where id = 7', [name]);
  await set('Lea 7');
  expect((await verify()).differences).toEqual([
    { table: 'person', pk: ['7'], key: '7', owner, kind: 'differs', fields },
  ]);
  await set('Lee 7');
});
