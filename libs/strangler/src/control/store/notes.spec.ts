import { freshDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { Database } from '../../database/database.js';
import { Notes, type Noted } from './notes.js';

/* What would go wrong: a wait, or a gate, that seems to have begun just now because another process leads since. */
let test: TestDatabase;
let database: Database;
let notes: Notes;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});
beforeEach(async () => {
  await test.query('truncate strangler.note');
  notes = new Notes(database);
});

const holds: Noted = { trouble: null, wait: 'gate lag', gates: [{ name: 'lag', state: 'hold' }] };
const passes: Noted = { ...holds, wait: null, gates: [{ name: 'lag', state: 'pass' }] };

it('nothing is known of a module that nobody has led', async () => {
  expect(await notes.read('toy')).toEqual({ trouble: null, wait: null, since: 0, gates: {} });
});

it('a wait and the state of a gate begin once, also under a new leader', async () => {
  await notes.write('toy', holds, 1_000);
  await notes.write('toy', holds, 2_000);
  await new Notes(database).write('toy', holds, 3_000);
  expect(await notes.read('toy')).toMatchObject({
    ...{ wait: 'gate lag', since: 1_000 },
    gates: { lag: { state: 'hold', since: 1_000 } },
  });
});

it('another state begins when it is seen', async () => {
  await notes.write('toy', holds, 1_000);
  await notes.write('toy', passes, 2_000);
  expect((await notes.read('toy')).gates).toEqual({ lag: { state: 'pass', since: 2_000 } });
});

it('each gate by itself; one that is not asked any more is forgotten', async () => {
  await notes.write('toy', holds, 1_000);
  const both = [...holds.gates, { name: 'verify', state: 'fail' as const }];
  await notes.write('toy', { ...holds, gates: both }, 2_000);
  expect((await notes.read('toy')).gates).toEqual({
    lag: { state: 'hold', since: 1_000 },
    verify: { state: 'fail', since: 2_000 },
  });
  await notes.write('toy', { ...holds, gates: [] }, 3_000);
  expect((await notes.read('toy')).gates).toEqual({});
});
