import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { release, releaseNumber } from './release.js';
import { addressed } from './server.js';
import { noticingSilence } from './silence.js';

/** What a session of commands is, whatever the server, the database or the role says; times are UTC, and limits in ms. */
const session = {
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  synchronous_commit: 'on',
  default_transaction_isolation: 'read\\ committed',
  default_transaction_read_only: 'off',
  statement_timeout: 10_000,
  idle_in_transaction_session_timeout: 15_000,
  'strangler.release': releaseNumber,
};

/** Options of the data source of a module's commands, from the URL of its database. The schema comes from migrations. */
export function dataSourceOptionsOf(url: string): DataSourceOptions {
  const options = Object.entries(session)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');
  const { connectionString } = addressed(url, { options, application_name: `strangler ${release}` });
  return {
    type: 'postgres',
    url: connectionString as string,
    synchronize: false,
    extra: {
      keepAlive: true,
      connectionTimeoutMillis: 3_000,
      query_timeout: 12_000,
      Client: noticingSilence(url)(pg.Client),
    },
  };
}
