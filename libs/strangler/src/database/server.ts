import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';

/** Where a database is: its URL, or how pg connects to it. */
export type DatabaseServer = string | pg.ClientConfig;

/** What a TypeORM data source may say of where it connects. */
type Credentials = pg.ClientConfig & { url?: string; username?: string };

/** What may be told of it to anybody who operates. */
export interface DatabasePlace {
  /** `host:port/name`. */
  address: string;
  role: string | null;
}

/** As pg understands what it is given: also what that leaves to the environment. */
export function databasePlace(server: DatabaseServer): DatabasePlace {
  const { host, port, database, user } = new pg.Client(server);
  const name = host.includes(':') ? `[${host}]` : host;
  return { address: `${name}:${port}/${database ?? ''}`, role: user ?? null };
}

/** Where a TypeORM data source connects: its primary, if it reads from replicas. @throws when it is no PostgreSQL. */
export function serverOf(options: DataSourceOptions): DatabaseServer {
  if (options.type !== 'postgres')
    throw new Error(`the toolkit works on PostgreSQL, and the data source is of type ${options.type}`);
  const { replication, ...own } = options;
  const { url, ...said }: Credentials = { ...own, ...replication?.master } as Credentials;
  const { host, port, username: user, password, database, ssl } = said;
  const rest = { host, port, user, password, database, ssl };
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  if (url === undefined) return given;
  return ssl === undefined ? url : { connectionString: url, ssl };
}

/** The same with settings of its sessions. What the address says itself goes before `options`, and behind `application_name`. */
export function addressed(
  server: DatabaseServer,
  how: { options: string; application_name: string },
): pg.ClientConfig {
  const config = typeof server === 'string' ? { connectionString: server } : server;
  const { connectionString, options: own = '' } = config;
  if (connectionString === undefined) return { ...config, ...how, options: `${own} ${how.options}`.trim() };
  // pg lets a URL go before what is said beside it.
  const url = new URL(connectionString);
  const inUrl = url.searchParams.get('options') ?? '';
  url.searchParams.set('options', `${inUrl} ${how.options}`.trim());
  url.searchParams.set('application_name', how.application_name);
  return { ...config, connectionString: url.href };
}
