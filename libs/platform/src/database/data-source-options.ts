import { numberOf, release } from 'nestjs-strangler/migrate';
import type { DataSourceOptions } from 'typeorm';
import type pg from 'pg';
import { ClosingClient } from './closing-client.js';
import { carriedSettings } from './pooled-sessions.js';
import { withSessionName } from './session-name.js';
import { endsWithItsProcess, withSettings } from './session-settings.js';
import { typeParsers } from './type-parsers.js';

/** How long things may take, in ms. */
const ours = {
  /** For a new connection, and for a free one of the pool. Without it, transactions that need a second one hang for ever. */
  connectionTimeoutMillis: 3_000,
  /** We give up after this: a network that swallows packets answers nothing, not even an error. */
  query_timeout: 12_000,
};
/** The same, told to the server at the start of a session. */
const limits = {
  /** The server ends a statement after this. */
  statement_timeout: 10_000,
  /** A transaction whose process hangs must not keep its locks. */
  idle_in_transaction_session_timeout: 15_000,
};

const throughPooler = {
  ...ours,
  onConnect: (client: pg.ClientBase) => client.query(carriedSettings),
};

export interface DatabaseOptions {
  /** Entity classes; none when Nest's `autoLoadEntities` brings them. */
  entities?: readonly (new () => object)[];
  /** Most connections at a time (default 10). */
  poolSize?: number;
  /** The URL leads through a pooler: sessions are set by their role, and tested at the start ({@link assertPooled}). */
  pooled?: boolean;
  /** Makes of the class of its connections one that does more. */
  connections?: (
    base: new (config?: pg.ClientConfig) => pg.Client,
  ) => new (config?: pg.ClientConfig) => pg.Client;
}

/** TypeORM's options for one of our databases. The schema comes from migrations, never from entities. */
export function dataSourceOptions(
  url: string,
  { entities = [], poolSize = 10, pooled = false, connections = (base) => base }: DatabaseOptions = {},
) {
  return {
    type: 'postgres',
    url: pooled ? withSessionName(url) : withSession(url),
    entities: [...entities],
    synchronize: false,
    installExtensions: false,
    poolSize,
    extra: {
      keepAlive: true,
      ...(pooled ? throughPooler : { ...ours, ...limits }),
      types: typeParsers,
      Client: connections(ClosingClient),
    },
  } satisfies DataSourceOptions;
}

/**
 * Every session speaks UTC and ISO, has a commit on disk before it is answered, and waits for others instead of failing, whatever the
 * server, the database or the role says; and it tells its release as a number, which is cheaper to look at than its name.
 */
const withSession = (url: string): string =>
  withSettings(withSessionName(url), {
    usual: {
      default_transaction_isolation: 'read committed',
      default_transaction_read_only: 'off',
      ...endsWithItsProcess,
    },
    always: {
      TimeZone: 'UTC',
      DateStyle: 'ISO',
      synchronous_commit: 'on',
      'strangler.release': numberOf(release),
    },
  });
