import { createHash } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import { release, releaseNumber } from './release.js';
import { addressed, databasePlace, serverOf, type DatabasePlace, type DatabaseServer } from './server.js';
import { askAt, asksAfter, type ClientClass } from './silence.js';

/**
 * Runs statements; rows come as pg gives them.
 *
 * @internal
 */
export interface Queryable {
  /** `prepared`: the session keeps its plan, which must be good whatever comes into the tables meanwhile. */
  query<T extends object>(
    sql: string,
    params?: readonly unknown[],
    how?: { prepared?: boolean },
  ): Promise<T[]>;
}

/** A statement and what goes with it. */
export interface Statement {
  sql: string;
  params?: readonly unknown[];
  /** As with {@link Queryable}. */
  prepared?: boolean;
}

/** Settings of a session by their names. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/** How a transaction runs. */
export interface TransactionOptions {
  /** A statement that waits longer for a lock fails with 55P03. */
  lockTimeoutMs?: number;
  /** A statement that takes longer is ended by the server, with 57014. */
  statementTimeoutMs?: number;
}

/**
 * What every session of ours is, whatever the server, the database or the role says. It reads and writes times, floats and bytes in one
 * form; what it has committed survives a crash: the other side goes by it (a batch that is stored, a fence, a new owner). A statement takes
 * as long as it takes (large tables are captured, compared and filled), unless whoever sends it says less; a process that hangs keeps no
 * locks.
 */
const pinned: SessionSettings = {
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  IntervalStyle: 'postgres',
  extra_float_digits: 1,
  bytea_output: 'hex',
  synchronous_commit: 'on',
  statement_timeout: 0,
  lock_timeout: 0,
  idle_session_timeout: 0,
  idle_in_transaction_session_timeout: 15_000,
  // A session whose process has vanished, with its locks, ends after some 25 s; by the kernel's own, after two hours.
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
};
/** What only some servers know (from PostgreSQL 17 on), which refuse a session that names what they do not. */
const pinnedWhereKnown = `select set_config(name, '0', false) from pg_settings where name = 'transaction_timeout'`;

/**
 * The toolkit's own few connections to a side's database, beside the application's pool: a hand-off must not wait for a
 * free connection of the very commands that it waits for.
 *
 * @internal
 */
export class Database implements Queryable {
  private readonly pool: pg.Pool;
  private readonly Client: ClientClass;
  private readonly others: Database[] = [];
  private known: DatabasePlace | undefined;

  /** `server`: its URL, or how pg connects to it. `session`: settings of all its sessions. `max`: connections. */
  constructor(
    private readonly server: DatabaseServer,
    { session = {}, max = 6 }: { session?: SessionSettings; max?: number } = {},
  ) {
    this.Client = asksAfter(pg.Client, askAt(connection(server)));
    this.pool = new pg.Pool({
      ...connection(server, session),
      max,
      Client: this.Client,
      onConnect: (client) => client.query(pinnedWhereKnown) as never,
    });
    // A connection that breaks while idle is replaced; unheard, the event would end the process.
    this.pool.on('error', () => undefined);
    // So is one that breaks between two statements of whoever has it: the next statement says so.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** The database of a TypeORM data source. */
  static of({ options }: DataSource): Database {
    return new Database(serverOf(options));
  }

  async query<T extends object>(
    sql: string,
    params: readonly unknown[] = [],
    how: { prepared?: boolean } = {},
  ): Promise<T[]> {
    return (await this.pool.query<T>(configOf({ sql, params, ...how }))).rows;
  }

  /** Runs `work` in one transaction. */
  async transaction<T>(work: (q: Queryable) => Promise<T>, how: TransactionOptions = {}): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query(beginWith(how));
      const result = await work({
        query: async <R extends object>(
          sql: string,
          params?: readonly unknown[],
          how?: { prepared?: boolean },
        ) => (await client.query<R>(configOf({ sql, ...(params && { params }), ...how }))).rows,
      });
      await client.query('commit');
      client.release();
      return result;
    } catch (error) {
      // A connection that cannot even roll back is of no more use.
      const broken = await client.query('rollback').then(
        () => false,
        () => true,
      );
      client.release(broken);
      throw error;
    }
  }

  /**
   * Runs statements in one transaction, all sent at once: it takes one round trip, however many they are. Where one of them
   * must stop the others, it raises. Answers the rows of each. @throws the error of the first that fails.
   */
  async together(statements: readonly Statement[], how: TransactionOptions = {}): Promise<object[][]> {
    const client = await this.pool.connect();
    const ended = await Promise.allSettled([
      client.query<object>(beginWith(how)),
      ...statements.map((each) => client.query(configOf(each))),
      client.query('commit'),
    ]);
    // After a failure, `commit` rolls back and says so; where not even that is answered, the connection is of no more use.
    client.release(ended.at(-1)?.status === 'rejected');
    const failed = ended.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    return ended
      .slice(1, -1)
      .map((each) => (each as PromiseFulfilledResult<pg.QueryResult<object>>).value.rows);
  }

  /** A connection of one's own, for session locks and LISTEN. The caller ends it. */
  async session(): Promise<pg.Client> {
    const client = new this.Client(connection(this.server));
    client.on('error', () => undefined);
    await client.connect();
    await client.query(pinnedWhereKnown);
    return client;
  }

  /** @throws when its sessions are not its own, or not as they are to be, saying what they are. */
  async assertSessions(): Promise<void> {
    const client = await this.pool.connect();
    try {
      const { rows } = await client.query<FoundSession>(
        `select pg_backend_pid() as pid, json_object_agg(name, setting) as settings from pg_settings where name = any($1)`,
        [Object.keys(pinned)],
      );
      const problems = sessionProblems(rows[0]!, (client as unknown as { processID: number }).processID);
      if (problems.length > 0)
        throw new Error(`the toolkit cannot work over this way to the database: ${problems.join('; ')}`);
    } finally {
      client.release();
    }
  }

  /** A few more connections, whose sessions have these settings. They end with this. */
  withSession(session: SessionSettings, max: number): Database {
    const other = new Database(this.server, { session, max });
    this.others.push(other);
    return other;
  }

  /** Where it is, and as whom one logs in. */
  get place(): DatabasePlace {
    return (this.known ??= databasePlace(this.server));
  }

  /** How its connections are used just now. */
  get figures(): { totalCount: number; idleCount: number; waitingCount: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { totalCount, idleCount, waitingCount };
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.end(), ...this.others.map((other) => other.close())]);
  }
}

interface FoundSession {
  /** Of the process that answers. */
  pid: number;
  settings: Readonly<Record<string, string>>;
}

/** `told`: the process that the server named when the connection was made; a pooler names one of its own. */
function sessionProblems({ pid, settings }: FoundSession, told: number): string[] {
  const other = Object.entries(pinned).filter(([name, value]) => !settings[name]?.startsWith(String(value)));
  return [
    ...(pid === told
      ? []
      : ['it leads through a pooler, which gives each transaction another session; name the server itself']),
    ...other.map(([name, value]) => `${name} is ${settings[name] ?? 'not known'} and not ${value}`),
  ];
}

const beginWith = ({ lockTimeoutMs, statementTimeoutMs }: TransactionOptions): string =>
  [
    'begin',
    ...(lockTimeoutMs === undefined ? [] : [`set local lock_timeout = ${lockTimeoutMs}`]),
    ...(statementTimeoutMs === undefined ? [] : [`set local statement_timeout = ${statementTimeoutMs}`]),
  ].join('; ');

/** PostgreSQL cuts a name after 63 bytes. */
const nameOf = (sql: string): string => createHash('sha1').update(sql).digest('hex');

const configOf = ({ sql, params = [], prepared = false }: Statement): pg.QueryConfig => ({
  ...(prepared && { name: nameOf(sql) }),
  text: sql,
  values: [...params],
});

type ParserByType = (oid: number, format?: string) => (text: string) => unknown;

/** Epochs, terms and ids are numbers; times stay text with all their microseconds. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [pg.types.builtins.INT8]: Number,
  [pg.types.builtins.TIMESTAMPTZ]: (text) => text.replace(' ', 'T').replace('+00', 'Z'),
};
const parserFor: ParserByType = (oid, format) =>
  parsers[oid] ?? (pg.types.getTypeParser as ParserByType)(oid, format);

function connection(server: DatabaseServer, session: SessionSettings = {}): pg.ClientConfig {
  const settings = { ...pinned, 'strangler.release': releaseNumber, ...session };
  const options = Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${String(value).replaceAll(' ', '\\ ')}`)
    .join(' ');
  return {
    // By the name the list of sessions, and a database that misses the setting, knows the release.
    ...addressed(server, { options, application_name: `strangler ${release}` }),
    connectionTimeoutMillis: 3_000,
    keepAlive: true,
    // What is sent before the former answer is there does not wait for it.
    pipeline: true,
    types: { getTypeParser: parserFor as typeof pg.types.getTypeParser },
  };
}
