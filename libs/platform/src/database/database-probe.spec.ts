import { DatabaseProbe } from '#platform';
import { symlink } from 'node:fs/promises';
import { startPostgres, type OwnPostgres } from '../../../../test/support/own-postgres.js';
import { queryOnce } from '../../../../test/support/postgres.js';

let postgres: OwnPostgres;
let url: string;
let probe: DatabaseProbe;

beforeAll(async () => {
  postgres = await startPostgres();
  url = postgres.database('postgres');
  probe = new DatabaseProbe(url);
});
afterAll(async () => {
  await probe.close();
  await postgres.stop();
});

/** What the probe's connection writes next goes to a device that is always full. */
async function fillDisk(): Promise<void> {
  const [at] = await queryOnce<{ folder: string; pid: number }>(
    url,
    `select current_setting('data_directory') || '/base/pgsql_tmp' as folder, pid from pg_stat_activity
     where application_name ~ '^strangler-shop .* readiness$'`,
  );
  const { folder, pid } = at!;
  for (let next = 0; next < 10; next += 1) await symlink('/dev/full', `${folder}/pgsql_tmp${pid}.${next}`);
}

it('a database on a full disk is not ready, and is again when there is room', async () => {
  await probe.check();
  await fillDisk();
  await expect(probe.check()).rejects.toMatchObject({ code: '53100' });
  // A connection that has failed is replaced: the next one has room.
  await probe.check();
});

it('a database that is gone is not ready, and is again when it is back', async () => {
  await postgres.end('crash');
  await expect(probe.check()).rejects.toThrow();
  await postgres.restart();
  await probe.check();
});
