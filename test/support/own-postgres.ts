import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from '../../libs/platform/src/embedded/postgres/postgres-server.js';

/** A PostgreSQL of one test's own, which it may end. */
export interface OwnPostgres {
  /** URL of a database there, whether it exists or not. */
  database(name: string): string;
  /** Ends it, in order, or as a crash does: then the next start recovers. Resolves when it is gone. */
  end(how: 'in order' | 'crash'): Promise<void>;
  /** Starts it again, at the same address. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Makes a new cluster and starts it: some seconds. */
export async function startPostgres(): Promise<OwnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  const server = new PostgresServer(folder);
  const { signal } = new AbortController();
  let running = await server.start({ port: undefined, tell: () => undefined, signal });
  const { port } = running;
  const end = async (how: 'in order' | 'crash') => {
    if (how === 'crash') process.kill(await postmaster(folder), 'SIGQUIT');
    else await running.stop();
    await running.gone;
  };
  return {
    database: (name) => `${running.url}/${name}`,
    end,
    restart: async () => void (running = await server.start({ port, tell: () => undefined, signal })),
    stop: async () => {
      await end('in order');
      await rm(folder, { recursive: true });
    },
  };
}

const postmaster = async (folder: string): Promise<number> =>
  Number((await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);
