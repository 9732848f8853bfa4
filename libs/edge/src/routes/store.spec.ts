import { migrate } from '#platform';
import { Database } from '#strangler/database/database';
import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { RouteBoard } from './route-board.js';
import { aRoute } from './routes.fixture.js';
import { RouteStore } from './store.js';

let own: TestDatabase;
let database: Database;
let store: RouteStore;
beforeAll(async () => {
  own = await freshDatabase();
  await migrate(own.url, ['gateway']);
  database = new Database(own.url);
  store = new RouteStore(database);
});
afterAll(async () => {
  await database.close();
  await own.drop();
});

const entry = { actor: 'ann', action: 'shift', outcome: 'done' as const };

it('a route begins at legacy, and what is written is read again, with its history', async () => {
  await store.ensure(['/a', '/b']);
  await store.ensure(['/a']);
  const row = (await store.read('/a'))!;
  expect(row).toMatchObject({
    phase: 'legacy',
    percent: 0,
    wanted: { percent: 0 },
    filed: null,
    paused: null,
  });
  const filed = { percent: 10, path: 'strangler.yaml', line: 3 };
  const wanted = { percent: 10, by: 'file' as const, actor: 'strangler.yaml:3' };
  const change = { phase: 'shifting' as const, percent: 10, wanted, filed, run: { ramp: [10] } };
  const changed = await store.change(row, change, { ...entry, reason: 'why', figures: { n: 1 } });
  expect(changed).toEqual({ ...row, ...change, stepSince: changed?.stepSince, version: row.version + 1 });
  expect(changed!.stepSince).toBeGreaterThan(row.stepSince);
  expect(await store.history('/a', 10)).toEqual([
    expect.objectContaining({ route: '/a', ...entry, from: 0, to: 10, reason: 'why', figures: { n: 1 } }),
  ]);
  expect((await store.all()).map(({ path }) => path).sort()).toEqual(['/a', '/b']);
});

it('of two who change what they have both read one does, and the other one tells of nothing', async () => {
  const row = (await store.read('/b'))!;
  const both = [10, 20].map((percent) => store.change(row, { phase: 'shifting', percent }, entry));
  expect((await Promise.all(both)).filter(Boolean)).toHaveLength(1);
  expect(await store.history('/b', 10)).toHaveLength(1);
});

it('the database is put back from a backup: a route stays where the gateways know that it is', async () => {
  const board = new RouteBoard(store);
  await board.follow([aRoute({ path: '/put-back' }), aRoute({ path: '/newer' })]);
  const backup = await store.all();
  for (const path of ['/put-back', '/newer']) {
    const change = { phase: 'shifting' as const, percent: 100, run: { ramp: [100] } };
    await store.change((await store.read(path))!, change, entry);
  }
  await board.read();
  const { row } = board.entryOf('/put-back')!;
  expect(row.percent).toBe(100);
  const { version } = backup.find(({ path }) => path === '/put-back')!;
  await database.query(
    `update gateway.edge_routes set phase = 'legacy', percent = 0, run = '{}', version = $1 where path = '/put-back'`,
    [version],
  );
  await database.query(`delete from gateway.edge_routes where path = '/newer'`);
  await board.read();
  expect(board.entryOf('/put-back')?.row).toEqual(row);
  expect(await store.read('/put-back')).toEqual(row);
  expect(board.entryOf('/newer')?.row.percent).toBe(100);
  expect((await store.history('/put-back', 1))[0]).toMatchObject({ action: 'put back', from: 0, to: 100 });
});

it('the time of a step is that of its share: other changes leave it', async () => {
  const row = (await store.read('/a'))!;
  expect((await store.change(row, { paused: 'all' }))?.stepSince).toBe(row.stepSince);
});

it('of the history what is older than it is kept goes, but for the latest entries of each route', async () => {
  await store.ensure(['/old']);
  await database.query(
    `insert into gateway.edge_history (at, path, actor, action, from_percent, to_percent, outcome)
     select now() - n * interval '1 day', '/old', 'ann', 'shift', 0, 0, 'done' from generate_series(120, 1, -1) n`,
  );
  const ages = async () => (await store.history('/old', 1_000)).length;
  const day = 86_400_000;
  await store.prune({ historyMs: 110.5 * day, samplesMs: day });
  expect(await ages()).toBe(110);
  await store.prune({ historyMs: day, samplesMs: day });
  expect(await ages()).toBe(100);
  expect(await store.history('/a', 10)).toHaveLength(1);
});
