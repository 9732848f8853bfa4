import { randomUUID } from 'node:crypto';
import { toyDatabase, type ToyDatabase } from '../../../../../test/support/toy.js';
import { Database } from '../../database/database.js';
import { lateSagas } from './late.js';

let test: ToyDatabase;
let database: Database;
beforeEach(async () => {
  test = await toyDatabase();
  database = new Database(test.url);
});
afterEach(async () => {
  await database.close();
  await test.drop();
});

/** One that was begun so many minutes ago, and is due in so many seconds. */
const saga = (minutes: number, due: number, status = 'running', step = 2) =>
  test.query(
    `insert into toy.saga (id, command_id, routing_key, process, request_id, status, step, state, due_at, created_at)
     values ($1, $1, 'key', 'place', 'r', $2, $3, $4, now() + $5 * interval '1 s', now() - $6 * interval '1 min')`,
    [randomUUID(), status, step, JSON.stringify({ $step: { at: 2, name: 'charge' } }), due, minutes],
  );

it('sagas that are tried for minutes are told, by their step', async () => {
  await saga(7, 20);
  await saga(9, 30, 'waiting');
  await saga(6, 1, 'compensating', 1);
  expect(await lateSagas(database, 'toy')).toEqual([
    { process: 'place', step: 2, name: 'charge', sagas: 2, ageMs: expect.any(Number) },
    { process: 'place', step: 1, name: null, sagas: 1, ageMs: expect.any(Number) },
  ]);
});

it.each<[string, Parameters<typeof saga>]>([
  ['has just begun', [1, 20]],
  ['is over', [60, 20, 'done']],
  ['has failed', [60, 20, 'failed']],
  ['is one that nobody takes up', [60, -600]],
])('one that %s is none', async (_what, how) => {
  await saga(...how);
  expect(await lateSagas(database, 'toy')).toEqual([]);
});

it('those of the other side are told there', async () => {
  await saga(7, 20);
  await test.query(`update strangler.ownership set extracted_below = 10000 where module = 'toy'`);
  expect(await lateSagas(database, 'toy')).toEqual([]);
});
