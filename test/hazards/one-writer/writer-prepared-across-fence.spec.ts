import { createDatabase, migrate } from '#platform';
import { openSide, type TestSide } from '../../support/moving.js';
import { startPostgres, type OwnPostgres } from '../../support/own-postgres.js';
import { queryOnce } from '../../support/postgres.js';
import { until } from '../../support/until.js';

/*
 * A writer has prepared its transaction (two-phase commit) and is gone; the buckets are fenced; then somebody ends it. Would the fence not
 * wait for it, its row would be written after the other side has begun to own. The server is the test's own: by default PostgreSQL takes no
 * prepared transactions, and changes that only with a restart.
 */
let postgres: OwnPostgres;
let here: TestSide;

beforeAll(async () => {
  postgres = await startPostgres();
  await queryOnce(postgres.database('postgres'), 'alter system set max_prepared_transactions = 2');
  await postgres.end('in order');
  await postgres.restart();
  const url = postgres.database('prepared');
  await createDatabase(url);
  await migrate(url, []);
  // It goes with its server.
  const drop = () => Promise.resolve();
  here = await openSide('monolith', {
    test: { url, query: (sql, params) => queryOnce(url, sql, params), drop },
  });
  await here.query(`insert into box.thing values ('commit'), ('rollback')`);
}, 60_000);
afterAll(async () => {
  await here.drop();
  await postgres.stop();
});

const settled = async (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setImmediate(() => resolve(false)))]);
const captured = async () =>
  (await here.query<{ keys: string[] }>('select keys from strangler.outbox')).flatMap(({ keys }) => keys);

it.each([
  ['commit', 'mine'],
  ['rollback', null],
])('the fence waits for it until its %s', async (end, note) => {
  await here.query('delete from strangler.outbox');
  const writer = await here.database.session();
  await writer.query(`begin; update box.thing set note = 'mine' where name = '${end}'`);
  await writer.query(`prepare transaction 'prepared'`);
  await writer.end();
  const { epoch } = await here.ownership.read('box');
  const fencing = here.ownership.fence('box', epoch, { from: 0, to: 10_000 });
  await until('the fence stands, and writers are looked for', async () =>
    (await here.ownership.read('box')).fenceTo === null ? undefined : true,
  );
  const other = end === 'commit' ? 'rollback' : 'commit';
  await expect(here.query('update box.thing set count = 2 where name = $1', [other])).rejects.toMatchObject({
    code: 'SR423',
  });
  expect(await settled(fencing)).toBe(false);
  await here.query(`${end} prepared 'prepared'`);
  expect(await fencing).toBe(true);
  expect(await here.query('select note from box.thing where name = $1', [end])).toEqual([{ note }]);
  // Before the fence was through: the hand-off carries it over.
  expect(await captured()).toEqual(note ? [end] : []);
  expect(await here.ownership.release('box', epoch + 1, 0)).toBe(true);
});
