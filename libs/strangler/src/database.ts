import { createHash } from 'node:crypto';
import pg from 'pg';
import type { DataSource } from 'typeorm';

/** Runs statements; rows come as pg gives them. */
export interface Queryable {
  /** `prepared`: the session keeps its plan, which must be good whatever comes into the tables meanwhile. */
  query<T extends object>(
    sql: string,
    params?: readonly unknown[],
    how?: { prepared?: boolean },
  ): Promise<T[]>;
}

/** How a transaction runs. */
export interface TransactionOptions {
  /** A statement that waits longer for a lock fails with 55P03. */
  lockTimeoutMs?: number;
  /** Settings for this transaction alone. They take no round trip of their own. */
  local?: Readonly<Record<string, string | number>>;
}

/**
 * Every session of ours reads and writes times, floats and bytes in one form, whatever the server's settings; and what it has
 * committed survives a crash: the other side goes by it (a batch that is stored, a fence, a new owner).
 */
const pinned =
  '-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=1 -c bytea_output=hex -c synchronous_commit=on';

/**
 * The toolkit's own few connections to a side's database, beside the application's pool: a hand-off must not wait for a
 * free connection of the very commands that it waits for.
 */
export class Database implements Queryable {
  private readonly pool: pg.Pool;

  constructor(private readonly url: string) {
    this.pool = new pg.Pool({ ...settings(url), max: 6 });
    // A connection that breaks while idle is replaced; unheard, the event would end the process.
    this.pool.on('error', () => undefined);
    // So is one that breaks between two statements of whoever has it: the next statement says so.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** The database of a TypeORM data source. */
  static of({ options }: DataSource): Database {
    if (!('url' in options) || typeof options.url !== 'string') {
      throw new Error('the data source must be made with a url');
    }
    return new Database(options.url);
  }

  async query<T extends object>(sql: string, params: readonly unknown[] = []): Promise<T[]> {
    return (await this.pool.query<T>(sql, [...params])).rows;
  }

  /** Runs `work` in one transaction. */
  async transaction<T>(
    work: (q: Queryable) => Promise<T>,
    { lockTimeoutMs, local = {} }: TransactionOptions = {},
  ): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query(beginWith(lockTimeoutMs ? { lock_timeout: lockTimeoutMs, ...local } : local));
      const result = await work({
        query: async <R extends object>(
          text: string,
          params: readonly unknown[] = [],
          { prepared = false }: { prepared?: boolean } = {},
        ) =>
          (await client.query<R>({ ...(prepared && { name: nameOf(text) }), text, values: [...params] }))
            .rows,
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

  /** A connection of one's own, for session locks and LISTEN. The caller ends it. */
  async session(options: Partial<pg.ClientConfig> = {}): Promise<pg.Client> {
    const client = new pg.Client({ ...settings(this.url), ...options });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}

const beginWith = (local: Readonly<Record<string, string | number>>): string =>
  [
    'begin',
    ...Object.entries(local).map(([name, value]) => `set local ${name} = ${pg.escapeLiteral(String(value))}`),
  ].join('; ');

/** PostgreSQL cuts a name after 63 bytes. */
const nameOf = (text: string): string => createHash('sha1').update(text).digest('hex');

type ParserByType = (oid: number, format?: string) => (text: string) => unknown;

/** Epochs, terms and ids are numbers; times stay text with all their microseconds. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [pg.types.builtins.INT8]: Number,
  [pg.types.builtins.TIMESTAMPTZ]: (text) => text.replace(' ', 'T').replace('+00', 'Z'),
};
const parserFor: ParserByType = (oid, format) =>
  parsers[oid] ?? (pg.types.getTypeParser as ParserByType)(oid, format);

function settings(url: string): pg.ClientConfig {
  const session = new URL(url);
  const own = session.searchParams.get('options') ?? '';
  session.searchParams.set('options', `${own} ${pinned}`.trim());
  return {
    connectionString: session.href,
    application_name: 'strangler',
    connectionTimeoutMillis: 3_000,
    keepAlive: true,
    types: { getTypeParser: parserFor as typeof pg.types.getTypeParser },
  };
}
