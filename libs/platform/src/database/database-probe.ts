import pg from 'pg';
import { ClosingClient } from './closing-client.js';
import { withSessionName } from './session-name.js';

/** How long the database may take to answer, in ms: less than whoever asks for readiness waits. */
const patienceMs = 1_500;

/**
 * Does not fit into memory, so the server writes a temporary file where the tables of the database are: on a full disk that
 * is an error (53100). Nothing of it stays, and a standby can do it.
 */
const writing = `
  set local work_mem = '64kB';
  set local temp_tablespaces = '';
  select count(*) from generate_series(1, 10000)`;

/**
 * Asks the database whether it is there and can write, over a connection of its own: readiness must not wait behind the work
 * for which the others are taken. However many ask at a time, the database is asked once.
 */
export class DatabaseProbe {
  private readonly pool: pg.Pool;
  private asking: Promise<unknown> | undefined;

  constructor(url: string) {
    this.pool = new pg.Pool({
      connectionString: withSessionName(url, 'readiness'),
      max: 1,
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
      Client: ClosingClient,
    });
    // A connection that breaks while idle is replaced; unheard, the event would end the process.
    this.pool.on('error', () => undefined);
  }

  /** @throws when there is no answer in time, or no room on the disk. */
  async check(): Promise<void> {
    this.asking ??= this.pool.query(writing).finally(() => (this.asking = undefined));
    await this.asking;
  }

  close(): Promise<void> {
    return this.pool.end();
  }
}
