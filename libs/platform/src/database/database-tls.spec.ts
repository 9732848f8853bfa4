import { DataSource } from 'typeorm';
import { makeAuthority, type Authority } from '../../../../test/support/certificates.js';
import type { OwnPostgres } from '../../../../test/support/own-postgres.js';
import { startTlsPostgres } from '../../../../test/support/tls-postgres.js';
import { dataSourceOptions } from './data-source-options.js';
import { DatabaseProbe } from './database-probe.js';
import { databaseSetting } from './database-setting.js';
import { openLimitPool } from './limit-pool.js';
import { openDatabase } from './open-database.js';

let authority: Authority;
let other: Authority;
let server: OwnPostgres;

beforeAll(async () => {
  [authority, other] = await Promise.all([makeAuthority(), makeAuthority()]);
  server = await startTlsPostgres(authority);
});
afterAll(async () => {
  await server.stop();
  await Promise.all([authority.drop(), other.drop()]);
});

/** As a process has it from its settings. */
function urlOf(DATABASE_TLS_CA?: string, at = (url: URL) => url): string {
  const url = at(new URL(server.database('shop')));
  return databaseSetting({ DATABASE_URL: url.href, DATABASE_TLS_CA }, 'DATABASE_URL')!;
}
const open = (url: string) => openDatabase(url, ['limits'], 'DATABASE_URL');

it('every kind of connection is encrypted, and to the right server', async () => {
  const url = urlOf(authority.file);
  await open(url);
  const source = await new DataSource(dataSourceOptions(url)).initialize();
  const limits = openLimitPool(url);
  const probe = new DatabaseProbe(url);
  const tls = 'select version from pg_stat_ssl where pid = pg_backend_pid()';
  try {
    await probe.check();
    expect(await source.query(tls)).toEqual([{ version: 'TLSv1.3' }]);
    expect((await limits.query(tls)).rows).toEqual([{ version: 'TLSv1.3' }]);
  } finally {
    await Promise.all([source.destroy(), limits.end(), probe.close()]);
  }
});

it('a server that somebody else vouches for is refused, and the way out is said', async () => {
  await expect(open(urlOf(other.file))).rejects.toThrow(
    /^the database shop at 127.0.0.1:\d+ \(DATABASE_URL\) cannot be opened: .*; no CA that is known here has signed its certificate: set DATABASE_TLS_CA to the file of its CA$/,
  );
});

it('so is one that the CAs of Node do not vouch for, also with sslmode=require', async () => {
  const required = urlOf(undefined, (url) => Object.assign(url, { search: '?sslmode=require' }));
  await expect(open(required)).rejects.toThrow(/set DATABASE_TLS_CA to the file of its CA$/);
});

it('so is a certificate for another name', async () => {
  const url = urlOf(authority.file, (at) => Object.assign(at, { hostname: 'localhost' }));
  await expect(open(url)).rejects.toThrow(/its certificate is for another name than the one in the URL$/);
});

it('without TLS the server takes nobody, and what helps is said', async () => {
  await expect(open(urlOf())).rejects.toThrow(
    /the server wants TLS: set DATABASE_TLS_CA, or sslmode=verify-full in the URL$/,
  );
});
