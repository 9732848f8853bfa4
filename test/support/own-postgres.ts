import { execFile } from 'node:child_process';
import { appendFile, chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { PostgresServer } from '#embedded-servers/postgres/postgres-server';
import { processesIn, untilGone } from '#embedded-servers/processes';
import { freePort } from './ports.js';
import { startProgram, type Program } from './programs.js';
import { until } from './until.js';

/** A PostgreSQL of one test's own, which it may end. */
export interface OwnPostgres {
  /** The file of what it says. */
  readonly log: string;
  /** URL of a database there, whether it exists or not. */
  database(name: string): string;
  /** Ends it, in order, as a crash does, or as `kill -9` does: then the next start recovers. Resolves when it is gone. */
  end(how: 'in order' | 'crash' | 'kill'): Promise<void>;
  /** Waits until it answers; starts it again if it has ended by itself. */
  comeBack(): Promise<void>;
  /** Runs a statement there. */
  run<T extends object>(sql: string): Promise<T[]>;
  /** Stops all of its processes as the system does, or lets them go on (Linux). */
  signal(name: 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again, at the same address. */
  restart(): Promise<void>;
  /** Makes a backup while it runs. Answers how it is put back: it crashes, its files are exchanged, and it starts once more. */
  backUp(): Promise<() => Promise<void>>;
  /** Makes another server that receives all of its changes, without being waited for. */
  standby(): Promise<Standby>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** A streaming standby. */
export interface Standby extends OwnPostgres {
  /** From here on it receives nothing more. */
  cut(): Promise<void>;
  /** It takes writes from here on, as far as it has come. */
  promote(): Promise<void>;
}

/** Makes a new cluster in a folder below `under`, and starts it: some seconds. */
export async function startPostgres(under = tmpdir()): Promise<OwnPostgres> {
  const server = new Server(await mkdtemp(join(under, 'postgres-')));
  await server.start();
  return server;
}

/** How often a cluster is asked how far it is, in ms. */
const pollMs = 20;

const tries = 3;

const signals = { 'in order': 'SIGINT', crash: 'SIGQUIT', kill: 'SIGKILL' } as const;

class Server implements Standby {
  readonly log: string;
  private readonly data: string;
  private readonly backups: string[] = [];
  private program: Program | undefined;
  private url = '';

  constructor(private readonly folder: string) {
    this.data = join(folder, 'postgres');
    this.log = join(folder, 'postgres.log');
  }

  database(name: string): string {
    return `${this.url}/${name}`;
  }

  /**
   * Without a port at one that is free, and not at the first choice of embedded servers: another test's would take that while this one is
   * down.
   */
  async start(port?: string): Promise<void> {
    for (let left = tries; ; left--) {
      const at = port ?? String(await freePort());
      this.program = startProgram('test/support/own-postgres.js', [this.folder, at], {});
      const printed = await this.program.printed(/ready: (\S+)/).catch((error: unknown) => {
        if (port !== undefined || left === 1) throw error;
      });
      if (!printed) continue;
      [, this.url = ''] = printed;
      return;
    }
  }

  restart(): Promise<void> {
    return this.start(new URL(this.url).port);
  }

  // Itself, not the program that watches it: that one may have been killed with all others of the test.
  async end(how: 'in order' | 'crash' | 'kill'): Promise<void> {
    const pid = await postmaster(this.data);
    process.kill(pid, signals[how]);
    await Promise.all([untilGone(pid), this.program?.ended()]);
  }

  async comeBack(): Promise<void> {
    await until('PostgreSQL answers', async () => {
      if (this.program?.process.exitCode !== null) await this.restart();
      return this.run('select 1').then(
        () => true,
        () => undefined,
      );
    });
  }

  async signal(name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    for (const pid of await processesIn(this.data)) {
      try {
        process.kill(pid, name);
      } catch (error) {
        // A session that has ended since they were listed.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  async backUp(): Promise<() => Promise<void>> {
    const kept = await this.baseBackup();
    this.backups.push(kept);
    return async () => {
      await this.end('crash');
      await rm(this.data, { recursive: true });
      await copy(join(kept, 'postgres'), this.data);
      await this.restart();
    };
  }

  async standby(): Promise<Standby> {
    const folder = await this.baseBackup();
    await copy(join(this.folder, 'postgres-password'), folder);
    const { hostname, port, username, password } = new URL(this.url);
    const primary = `host=${hostname} port=${port} user=${username} password=${password}`;
    const data = join(folder, 'postgres');
    await appendFile(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${primary}'\n`);
    await put(data, 'standby.signal', '');
    const standby = new Server(folder);
    await standby.start();
    await standby.receives(true);
    return standby;
  }

  async cut(): Promise<void> {
    await this.run(`alter system set primary_conninfo = ''`);
    await this.run('select pg_reload_conf()');
    await this.receives(false);
  }

  async promote(): Promise<void> {
    await this.run('select pg_promote()');
  }

  async stop(): Promise<void> {
    await this.signal('SIGCONT');
    await this.end('in order').catch((error: unknown) => {
      // It was ended before.
      if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    });
    for (const folder of [this.folder, ...this.backups]) await rm(folder, { recursive: true });
  }

  private async receives(expected: boolean): Promise<void> {
    for (;;) {
      const [row] = await this.run<{ streams: boolean }>(
        `select exists (select from pg_stat_wal_receiver where status = 'streaming') as streams`,
      );
      if (row?.streams === expected) return;
      await sleep(pollMs);
    }
  }

  /** As `pg_basebackup` does it: https://www.postgresql.org/docs/18/continuous-archiving.html, "Making a Base Backup Using the Low Level API". */
  private async baseBackup(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'postgres-backup-'));
    const to = join(folder, 'postgres');
    const client = new pg.Client({ connectionString: this.database('postgres') });
    await client.connect();
    try {
      await client.query(`select pg_backup_start('test', true)`);
      await copyWhileItRuns(this.data, to);
      const { rows } = await client.query<{ label: string }>(
        'select labelfile as label from pg_backup_stop(false)',
      );
      // What was written meanwhile makes a whole of it.
      await rm(join(to, 'pg_wal'), { recursive: true });
      await copyWhileItRuns(join(this.data, 'pg_wal'), join(to, 'pg_wal'));
      await put(to, 'backup_label', rows[0]!.label);
      await rm(join(to, 'postmaster.pid'));
    } finally {
      await client.end();
    }
    return folder;
  }

  async run<T extends object>(sql: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.database('postgres') });
    await client.connect();
    try {
      return (await client.query<T>(sql)).rows;
    } finally {
      await client.end();
    }
  }
}

/** With owners and modes. */
const copy = (from: string, to: string) => promisify(execFile)('cp', ['-a', from, to]);

/** Files that are gone before they are read are none that the copy needs. */
const copyWhileItRuns = (from: string, to: string) =>
  copy(from, to).catch((error: unknown) => {
    const lines = ((error as { stderr?: string }).stderr ?? '').trim().split('\n');
    if (!lines.every((line) => line.includes('No such file or directory'))) throw error;
  });

/** Writes a file that the server can read. */
async function put(folder: string, name: string, content: string): Promise<void> {
  const { uid, gid } = await stat(folder);
  await writeFile(join(folder, name), content, { mode: 0o600 });
  await chown(join(folder, name), uid, gid);
}

const postmaster = async (data: string): Promise<number> =>
  Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);

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
