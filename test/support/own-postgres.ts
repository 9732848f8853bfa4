import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PostgresServer } from '../../libs/platform/src/embedded/postgres/postgres-server.js';
import { untilGone } from '../../libs/platform/src/embedded/processes.js';
import { startProgram, type Program } from './programs.js';

/** A PostgreSQL of one test's own, which it may end. */
export interface OwnPostgres {
  /** URL of a database there, whether it exists or not. */
  database(name: string): string;
  /** Ends it, in order, or as a crash does: then the next start recovers. Resolves when it is gone. */
  end(how: 'in order' | 'crash'): Promise<void>;
  /** Starts it again, at the same address. */
  restart(): Promise<void>;
  /** Ends it, keeps its files as they are, and starts it again. Answers how they are put back: with that it starts once more. */
  backUp(): Promise<() => Promise<void>>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Makes a new cluster and starts it: some seconds. */
export async function startPostgres(): Promise<OwnPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'));
  let program: Program;
  let url = '';
  let backups = 0;
  const start = async (port: string) => {
    program = startProgram('test/support/own-postgres.js', [folder, port], {});
    [, url = ''] = await program.printed(/ready: (\S+)/);
  };
  // Itself, not the program that watches it: that one may have been killed with all others of the test.
  const end = async (how: 'in order' | 'crash') => {
    const pid = await postmaster(folder);
    process.kill(pid, how === 'crash' ? 'SIGQUIT' : 'SIGINT');
    await Promise.all([untilGone(pid), program.ended()]);
  };
  await start('');
  return {
    database: (name) => `${url}/${name}`,
    end,
    restart: () => start(new URL(url).port),
    backUp: async () => {
      const { port } = new URL(url);
      const data = join(folder, 'postgres');
      const kept = `${folder}-kept-${++backups}`;
      await end('in order');
      await copy(data, kept);
      await start(port);
      return async () => {
        await end('crash');
        await rm(data, { recursive: true });
        await copy(kept, data);
        await start(port);
      };
    },
    stop: async () => {
      await end('in order');
      await rm(folder, { recursive: true });
      for (let n = 1; n <= backups; n++) await rm(`${folder}-kept-${n}`, { recursive: true });
    },
  };
}

/** With owners and modes. */
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

const postmaster = async (folder: string): Promise<number> =>
  Number((await readFile(join(folder, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0]);

/** The program itself: PostgreSQL's own has to be found by `import()`, which jest's modules do not have. */
async function main(folder: string, port: string): Promise<void> {
  const { signal } = new AbortController();
  const order = { port: port ? Number(port) : undefined, tell: () => undefined, signal };
  const server = await new PostgresServer(folder).start(order);
  process.stdout.write(`ready: ${server.url}\n`);
  await server.gone;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  void main(process.argv[2] ?? '', process.argv[3] ?? '');
