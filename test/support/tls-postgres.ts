import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Authority } from './certificates.js';
import { startPostgres, type OwnPostgres } from './own-postgres.js';
import { queryOnce } from './postgres.js';
import { until } from './until.js';

/** A PostgreSQL that takes nobody without TLS, with a certificate of `authority` for 127.0.0.1 alone. */
export async function startTlsPostgres(authority: Authority): Promise<OwnPostgres> {
  const server = await startPostgres();
  const url = server.database('postgres');
  const [at] = await queryOnce<{ data: string; hba: string }>(
    url,
    `select current_setting('data_directory') as data, current_setting('hba_file') as hba`,
  );
  const { uid, gid } = await stat(at!.data);
  const { cert, key } = await authority.issue('postgres.example', 'IP:127.0.0.1');
  for (const [name, content] of [
    ['server.crt', cert],
    ['server.key', key],
  ] as const) {
    const path = join(at!.data, name);
    await writeFile(path, content, { mode: 0o600 });
    await chown(path, uid, gid);
  }
  await writeFile(
    at!.hba,
    'hostssl all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256\n',
  );
  await queryOnce(url, `alter system set ssl = 'on'`);
  await queryOnce(url, 'select pg_reload_conf()');
  // It is told, and takes it up in its own time.
  await until('it takes nobody without TLS', () =>
    queryOnce(url, 'select').then(
      () => undefined,
      () => true,
    ),
  );
  return server;
}
