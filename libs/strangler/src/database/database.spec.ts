import { freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { Database } from './database.js';

let test: TestDatabase;
let database: Database;
beforeAll(async () => {
  test = await freshDatabase();
  await test.query('create table note (id integer primary key)');
  database = new Database(test.url);
});
beforeEach(() => test.query('truncate note'));
afterAll(async () => {
  await database.close();
  await test.drop();
});

const put = (id: number) => ({
  sql: 'insert into note values ($1) returning id',
  params: [id],
  prepared: true,
});
const stored = async () =>
  (await test.query<{ id: number }>('select id from note order by id')).map(({ id }) => id);

/** What our sessions are where it is not `0`. */
const ourOwn: Record<string, string> = {
  idle_in_transaction_session_timeout: '15s',
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  TimeZone: 'UTC',
};

it('a role, or a database, sets its sessions otherwise: those of the toolkit stay what they are', async () => {
  const name = new URL(test.url).pathname.slice(1);
  const others: Record<string, string> = {
    statement_timeout: '100ms',
    lock_timeout: '50ms',
    idle_in_transaction_session_timeout: '70ms',
    idle_session_timeout: '80ms',
    // Known from PostgreSQL 17 on.
    transaction_timeout: '90ms',
    default_transaction_isolation: 'serializable',
    default_transaction_read_only: 'on',
    TimeZone: 'Europe/Berlin',
  };
  if (!(await database.query(`select from pg_settings where name = 'transaction_timeout'`))[0])
    delete others['transaction_timeout'];
  for (const [setting, value] of Object.entries(others))
    await database.query(`alter database ${name} set ${setting} = '${value}'`);
  const own = new Database(test.url);
  const session = await own.session();
  try {
    await own.assertSessions();
    const show = Object.keys(others).map((setting) => `current_setting('${setting}')`);
    const sql = `select array[${show.join(', ')}] as is`;
    const ours = Object.keys(others).map((setting) => ourOwn[setting] ?? '0');
    expect(await own.query(sql)).toEqual([{ is: ours }]);
    expect((await session.query(sql)).rows).toEqual([{ is: ours }]);
    await own.query('select pg_sleep(0.3)');
  } finally {
    await session.end();
    await own.close();
    await database.query(`alter database ${name} reset all`);
  }
});

describe('statements that are sent together', () => {
  it('answer the rows of each', async () => {
    expect(await database.together([put(1), put(2)])).toEqual([[{ id: 1 }], [{ id: 2 }]]);
    expect(await stored()).toEqual([1, 2]);
  });

  it('one fails: nothing of them stays, its error is told, and the connection serves on', async () => {
    const failing = database.together([put(1), put(1), put(3)]);
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(await stored()).toEqual([]);
    await database.together([put(3)]);
    expect(await stored()).toEqual([3]);
  });

  it('one takes longer than it may: the server ends it, and the next on that connection may take its time', async () => {
    const slow = database.together([{ sql: 'select pg_sleep(60)' }], { statementTimeoutMs: 20 });
    await expect(slow).rejects.toMatchObject({ code: '57014' });
    expect(await database.together([{ sql: 'show statement_timeout' }])).toEqual([
      [{ statement_timeout: '0' }],
    ]);
  });

  it('only the commit fails: so do they', async () => {
    await test.query('create table later (id integer references note deferrable initially deferred)');
    const orphan = { sql: 'insert into later values (7)' };
    await expect(database.together([put(1), orphan])).rejects.toMatchObject({ code: '23503' });
    expect(await stored()).toEqual([]);
    await test.query('drop table later');
  });

  it('the connection breaks: so do they, and the next ones have another', async () => {
    const broken = database.together([
      put(1),
      { sql: 'select pg_terminate_backend(pg_backend_pid())' },
      put(2),
    ]);
    await expect(broken).rejects.toThrow();
    expect(await stored()).toEqual([]);
    await database.together([put(3)]);
    expect(await stored()).toEqual([3]);
  });

  it('wait for a lock no longer than they may', async () => {
    const holder = await database.session();
    await holder.query('begin; lock table note in exclusive mode');
    await expect(database.together([put(1)], { lockTimeoutMs: 20 })).rejects.toMatchObject({ code: '55P03' });
    await holder.query('commit');
    await holder.end();
  });
});

it('other sessions of it have their own settings, and end with it', async () => {
  const own = new Database(test.url);
  const other = own.withSession({ lock_timeout: 1_234 }, 1);
  const shown = (of: Database) => of.query<{ lock_timeout: string }>('show lock_timeout');
  expect(await shown(other)).toEqual([{ lock_timeout: '1234ms' }]);
  expect(await shown(own)).toEqual([{ lock_timeout: '0' }]);
  await own.close();
  await expect(shown(other)).rejects.toThrow();
});
