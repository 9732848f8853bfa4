import { createDatabase } from '#platform';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startDebianPostgres } from './debian-postgres.js';
import type { OwnPostgres } from './own-postgres.js';

const run = promisify(execFile);

/** A server whose databases are dumped while it runs: its `pg_dump` has to be of its own version. */
export interface DumpedPostgres extends Pick<OwnPostgres, 'database' | 'stop'> {
  /** Dumps these databases. Answers how they are restored: into others, on the same server. */
  dump(names: readonly string[]): Promise<() => Promise<DumpedPostgres>>;
}

/** Starts the last version that the distribution has programs of. */
export async function startDumpedPostgres(): Promise<DumpedPostgres> {
  const { plainUrl, bin, stop } = await startDebianPostgres(15);
  const folder = await mkdtemp(join(tmpdir(), 'dumps-'));
  let dumps = 0;
  const place = (suffix: string): DumpedPostgres => {
    const database = (name: string) => `${plainUrl}/${name}${suffix}`;
    return {
      database,
      dump: async (names) => {
        const number = ++dumps;
        const file = (name: string) => join(folder, `${name}-${number}`);
        for (const name of names)
          await run(join(bin, 'pg_dump'), ['--format=custom', '--file', file(name), database(name)]);
        return async () => {
          const other = place(`_${number}`);
          for (const name of names) {
            const url = other.database(name);
            await createDatabase(url);
            await run(join(bin, 'pg_restore'), [
              '--no-owner',
              '--exit-on-error',
              '--dbname',
              url,
              file(name),
            ]);
          }
          return other;
        };
      },
      stop: async () => {
        await stop();
        await rm(folder, { recursive: true });
      },
    };
  };
  return place('');
}
