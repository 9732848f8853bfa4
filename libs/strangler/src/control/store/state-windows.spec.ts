import { freshDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { Database } from '../../database/database.js';
import { Windows } from '../../evidence/windows.js';
import { StateWindows } from './state-windows.js';

/* What would go wrong: a row for each look, a peak that is lost between two points, and a chart that stops a module. */
let test: TestDatabase;
let database: Database;
let states: StateWindows;
/** A minute ago, ms since 1970: the beginning of a slot. */
let first: number;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});
beforeEach(async () => {
  await test.query('truncate strangler.state_window');
  states = new StateWindows(database);
  first = Math.floor(Date.now() / 20_000) * 20_000 - 60_000;
});

const see = (second: number, lagMs: number | null, pending: number | null, percent = 0, by = states) =>
  by.see('toy', { lagMs, pending, percent }, first + second * 1_000);
const seriesOf = (stepSeconds: number, count: number) => {
  const at = Array.from({ length: count }, (_, i) => first / 1_000 + i * stepSeconds);
  return states.series('toy', { at, stepSeconds });
};
const rows = () =>
  test.query<object>('select module, pending::integer from strangler.state_window order by slot');

it('a slot is written once, when it is over, with the largest of what was seen', async () => {
  await see(0, 5, 7, 10);
  await see(4, 900, 2, 10);
  await see(9.9, 3, 3, 25);
  expect(await rows()).toEqual([]);
  await see(10, 1, 1, 25);
  await see(12, 1, 2, 25);
  expect(await rows()).toEqual([{ module: 'toy', pending: 7 }]);
  await see(30, 0, 0, 25);
  expect(await seriesOf(10, 4)).toEqual({
    lagMs: [900, 1, null, null],
    pending: [7, 2, null, null],
    percent: [25, 25, null, null],
  });
});

it('a step of several slots has the largest of them, and the last share', async () => {
  for (const [second, lagMs, percent] of [
    [0, 40, 10],
    [10, 30, 25],
    [20, 1, 50],
    [30, 0, 50],
  ] as const)
    await see(second, lagMs, lagMs, percent);
  expect(await seriesOf(20, 2)).toEqual({ lagMs: [40, 1], pending: [40, 1], percent: [25, 50] });
});

it('where no side says how far it is, nobody knows', async () => {
  await see(0, null, null, 5);
  await see(10, null, null, 5);
  await see(12, 8, 3, 5);
  await see(13, null, null, 5);
  await see(20, null, null, 5);
  expect(await seriesOf(10, 2)).toEqual({ lagMs: [null, 8], pending: [null, 3], percent: [5, 5] });
});

it('two leaders in one slot make one row, with the largest that either saw', async () => {
  const next = new StateWindows(database);
  await see(0, 700, 90, 10);
  await see(6, 5, 4, 50, next);
  await see(10, 0, 0, 50);
  await see(10, 0, 0, 50, next);
  expect(await seriesOf(10, 1)).toEqual({ lagMs: [700], pending: [90], percent: [50] });
});

it('what cannot be written stops nobody, and is forgotten', async () => {
  const broken = new StateWindows({ query: () => Promise.reject(new Error('the disk is full')) });
  await see(0, 1, 1, 0, broken);
  await expect(see(10, 1, 1, 0, broken)).resolves.toBeUndefined();
});

it('after a day it is forgotten', async () => {
  await see(-86_400, 1, 1);
  await see(0, 2, 2);
  await see(10, 3, 3);
  expect(await rows()).toHaveLength(2);
  await new Windows(database).prune();
  expect(await rows()).toEqual([{ module: 'toy', pending: 2 }]);
});
