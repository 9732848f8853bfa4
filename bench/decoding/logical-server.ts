import { EmbeddedServers } from '#platform';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BenchServers } from '../servers.js';

/** A PostgreSQL whose WAL can be decoded, which takes a restart: `.data/bench/logical`. */
export class LogicalServer extends BenchServers {
  constructor(folder: string) {
    super(folder, {});
  }

  /** Waits until the server has `wal_level = logical`. */
  async prepare(): Promise<void> {
    for (;;) {
      const embedded = new EmbeddedServers(this.dataDir, () => undefined);
      try {
        const admin = await this.admin(await embedded.database('bench_logical'));
        const { rows } = await admin.query<{ wal_level: string }>('show wal_level');
        if (rows[0]?.wal_level !== 'logical') await admin.query(`alter system set wal_level = 'logical'`);
        await admin.end();
        if (rows[0]?.wal_level === 'logical') return;
      } finally {
        await embedded.release();
      }
      await sleep(200);
    }
  }

  /** A superuser's connection to the database of this URL. */
  async admin(url: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: await this.asSuperuser(url) });
    await client.connect();
    return client;
  }

  async asSuperuser(url: string): Promise<string> {
    const { host, pathname } = new URL(url);
    const password = (await readFile(join(this.dataDir, 'postgres-password'), 'utf8')).trim();
    return `postgres://postgres:${password}@${host}${pathname}`;
  }
}
