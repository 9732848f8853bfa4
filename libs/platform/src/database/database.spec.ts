import { createDatabase, dataSourceOptions, migrate, Timestamp } from '#platform';
import { Logger } from '@nestjs/common';
import { until } from '../../../../test/support/until.js';
import { Column, DataSource, Entity, PrimaryColumn, type DataSourceOptions } from 'typeorm';
import { absentDatabase, freshDatabase, type TestDatabase } from '../../../../test/support/postgres.js';

@Entity({ name: 'moment' })
class Moment {
  @PrimaryColumn({ type: 'integer' }) id: number;
  @Column({ type: 'bigint' }) pence: number;
  @Timestamp({ name: 'created_at' }) createdAt: string;
  @Timestamp({ name: 'ended_at', nullable: true }) endedAt: string | null;
}

const several = <T>(work: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: 8 }, work));

async function within<T>(
  options: DataSourceOptions,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const dataSource = await new DataSource(options).initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

describe('the first start', () => {
  const { url, drop } = absentDatabase();
  afterAll(drop);

  test('of several processes at once creates the database and runs each migration once', async () => {
    await several(() => createDatabase(url));
    await several(() => migrate(url, ['inventory', 'payments']));
    await within(dataSourceOptions(url), async (dataSource) => {
      for (const module of ['strangler', 'inventory', 'payments']) {
        const names = await dataSource.query<{ name: string }[]>(`select name from ${module}.migrations`);
        expect(names.length).toBeGreaterThan(0);
        expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
      }
      expect(await dataSource.query(`select from pg_namespace where nspname = 'users'`)).toEqual([]);
    });
  });

  test('followed by another finds nothing to do, and does not even open a pool', async () => {
    const pool = jest.spyOn(DataSource.prototype, 'initialize');
    await createDatabase(url);
    await migrate(url, ['inventory', 'payments']);
    expect(pool).not.toHaveBeenCalled();
    pool.mockRestore();
  });

  test('that has to wait for a long transaction lets others pass meanwhile, and tries again', async () => {
    const waits = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await migrate(url, ['users']);
    await within(dataSourceOptions(url), async (dataSource) => {
      await dataSource.query(`alter table users.account drop session_version`);
      await dataSource.query(`delete from users.migrations where name like 'Sessions%'`);
      const long = dataSource.createQueryRunner();
      await long.startTransaction();
      await long.query('select from users.account');
      const migrated = migrate(url, ['users']);
      await until('it waits', () => (waits.mock.calls.length > 0 ? true : undefined));
      // Behind a migration that waited for ever this one would wait too.
      await dataSource.query('select from users.account');
      await long.rollbackTransaction();
      await long.release();
      await migrated;
      expect(await dataSource.query('select session_version from users.account')).toEqual([]);
    });
    waits.mockRestore();
  });

  test('takes as long as it needs, whatever the role says', async () => {
    await migrate(url, ['users']);
    await within(dataSourceOptions(url), async (dataSource) => {
      const database = new URL(url).pathname.slice(1);
      const [{ role }] = await dataSource.query<[{ role: string }]>(
        'select quote_ident(current_user) as role',
      );
      await dataSource.query(`alter role ${role} in database ${database} set statement_timeout = '1s'`);
      await dataSource.query(`alter table users.account drop session_version`);
      await dataSource.query(`delete from users.migrations where name like 'Sessions%'`);
      const long = dataSource.createQueryRunner();
      await long.startTransaction();
      await long.query('select from users.account');
      const migrated = migrate(url, ['users']);
      await until('it takes longer than that', async () => {
        const found = await dataSource.query<object[]>(
          `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
             and query ~ 'alter table users.account' and state = 'active' and clock_timestamp() - query_start > '1.2s'`,
        );
        return found.length > 0 || undefined;
      });
      await long.rollbackTransaction();
      await long.release();
      await migrated;
      await dataSource.query(`alter role ${role} in database ${database} reset statement_timeout`);
    });
  });

  test('waits for another one as long as that takes, and says for whom', async () => {
    const waits = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await within(dataSourceOptions(url), async (dataSource) => {
      const other = dataSource.createQueryRunner();
      await other.query(`select pg_advisory_lock(hashtextextended('strangler migrations', 0))`);
      const migrated = migrate(url, ['inventory']);
      await until('it says so', () => (waits.mock.calls.length > 0 ? true : undefined));
      expect(String(waits.mock.calls[0])).toMatch(
        /wait for another process that is at them: strangler-shop .*, session \d+\)/,
      );
      await other.query(`select pg_advisory_unlock(hashtextextended('strangler migrations', 0))`);
      await other.release();
      await migrated;
    });
    waits.mockRestore();
  });

  test('refuses a module that has no migrations', async () => {
    await expect(migrate(url, ['warehouse'])).rejects.toThrow('warehouse');
  });
});

describe('a session', () => {
  let database: TestDatabase;
  beforeAll(async () => (database = await freshDatabase()));
  afterAll(() => database.drop());

  test('keeps every microsecond of a time, and amounts as numbers', async () => {
    await database.query(
      `create table moment (id integer primary key, pence bigint not null,
         created_at timestamptz not null default now(), ended_at timestamptz)`,
    );
    await within(dataSourceOptions(database.url, { entities: [Moment] }), async (dataSource) => {
      const moments = dataSource.getRepository(Moment);
      const createdAt = '2010-12-01T08:26:00.123456Z';
      await moments.insert({ id: 1, pence: Number.MAX_SAFE_INTEGER, createdAt });
      expect(await moments.findOneByOrFail({ createdAt })).toEqual({
        id: 1,
        pence: Number.MAX_SAFE_INTEGER,
        createdAt,
        endedAt: null,
      });
      const fresh = moments.create({ id: 2, pence: 1 });
      await moments.insert(fresh);
      expect(fresh.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/);
    });
  });

  test('speaks UTC though the URL asks for another time zone, and keeps what else the URL asks for', async () => {
    const url = `${database.url}?options=${encodeURIComponent('-c TimeZone=Asia/Tokyo -c work_mem=5MB')}`;
    await within(dataSourceOptions(url), async (dataSource) => {
      const [row] = await dataSource.query<object[]>(
        `select '2010-12-01 17:26:00+09'::timestamptz as at, current_setting('work_mem') as memory`,
      );
      expect(row).toEqual({ at: '2010-12-01T08:26:00Z', memory: '5MB' });
    });
  });

  test('waits for others instead of failing, and ends with its process, whatever the database says', async () => {
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`alter database ${name} set default_transaction_isolation = 'repeatable read'`);
    await database.query(`alter database ${name} set default_transaction_read_only = on`);
    await within(dataSourceOptions(database.url), async (dataSource) => {
      const [row] = await dataSource.query<object[]>(
        `select current_setting('transaction_isolation') as isolation, current_setting('transaction_read_only') as only,
           current_setting('tcp_keepalives_idle') as idle`,
      );
      expect(row).toEqual({ isolation: 'read committed', only: 'off', idle: '10' });
    });
    await database.query(
      `begin read write; alter database ${name} reset default_transaction_isolation; commit`,
    );
    await database.query(
      `begin read write; alter database ${name} reset default_transaction_read_only; commit`,
    );
  });

  test('refuses a number that JavaScript would round', async () => {
    await within(dataSourceOptions(database.url), async (dataSource) => {
      await expect(dataSource.query(`select 9007199254740993::bigint`)).rejects.toThrow('does not fit');
    });
  });

  test('does not lend out a connection on which a query hangs', async () => {
    const options = dataSourceOptions(database.url, { poolSize: 1 });
    const impatient = { ...options, extra: { ...options.extra, query_timeout: 1_000 } };
    await within(impatient, async (dataSource) => {
      await expect(dataSource.query('select pg_sleep(5)')).rejects.toThrow('timeout');
      expect(await dataSource.query('select 1 as answer')).toEqual([{ answer: 1 }]);
    });
    await database.query(`select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(5)%'
      and pid <> pg_backend_pid() and datname = current_database()`);
  });

  test('does not wait for ever for a connection when all are taken', async () => {
    const options = dataSourceOptions(database.url, { poolSize: 1 });
    const impatient = { ...options, extra: { ...options.extra, connectionTimeoutMillis: 1_000 } };
    await within(impatient, async (dataSource) => {
      const inside = dataSource.transaction(() => dataSource.query('select 1'));
      await expect(inside).rejects.toThrow('timeout exceeded');
    });
  });
});
