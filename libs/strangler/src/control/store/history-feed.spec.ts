import { freshDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { until } from '../../../../../test/support/until.js';
import { Database } from '../../database/database.js';
import { History, type NewEntry } from './history.js';
import { HistoryFeed } from './history-feed.js';

/* What would go wrong: somebody whose connection was cut for a moment misses what happened then, or hears it twice. */
let test: TestDatabase;
let database: Database;
let history: History;
let feed: HistoryFeed;

beforeAll(async () => {
  test = await freshDatabase();
  database = new Database(test.url);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});
beforeEach(async () => {
  await test.query('truncate strangler.history restart identity');
  history = new History(database);
  feed = new HistoryFeed(database, history);
});
afterEach(() => feed.close());

const entry = (action: string, module = 'toy'): NewEntry => ({
  ...{ module, actor: 'ann', action, from: 'monolith', to: 'monolith', outcome: 'done' },
});
const write = (...actions: string[]) =>
  actions.reduce(
    (before, action) => before.then(() => history.add(entry(action), database)),
    Promise.resolve(),
  );

it('what was missed comes first, then what comes, each once', async () => {
  await write('a', 'b', 'c');
  const heard: string[] = [];
  feed.join(({ action }) => heard.push(action), 1);
  await write('d', 'e');
  await until('the last one', () => (heard.includes('e') ? true : undefined));
  expect(heard).toEqual(['b', 'c', 'd', 'e']);
});

it('what is written while it is looked for what was missed comes once, and after it', async () => {
  await write('a', 'b');
  const since = history.since.bind(history);
  jest.spyOn(history, 'since').mockImplementation(async (id) => {
    // Told before the look, and found by it; told during the look, and not found.
    await write('c');
    const found = await since(id);
    await write('d');
    await until('it was told', async () => (await history.entry(4)) && true);
    return found;
  });
  const heard: string[] = [];
  feed.join(({ action }) => heard.push(action), 1);
  await until('the last one', () => (heard.includes('d') ? true : undefined));
  await write('e');
  await until('one more', () => (heard.includes('e') ? true : undefined));
  expect(heard).toEqual(['b', 'c', 'd', 'e']);
});

it('who has left meanwhile hears nothing', async () => {
  await write('a', 'b');
  const heard: string[] = [];
  feed.join(({ action }) => heard.push(action), 1)();
  const others: string[] = [];
  feed.join(({ action }) => others.push(action), 0);
  await until('another one hears', () => (others.length === 2 ? true : undefined));
  expect(heard).toEqual([]);
});

it('the history of a module goes on before an entry, and knows of no other module', async () => {
  await write('a', 'b');
  await history.add(entry('x', 'other'), database);
  await write('c', 'd');
  const actions = async (before?: number) =>
    (await history.latest('toy', 2, before)).map(({ action }) => action);
  expect(await actions()).toEqual(['d', 'c']);
  expect(await actions(4)).toEqual(['b', 'a']);
  expect(await actions(1)).toEqual([]);
});
