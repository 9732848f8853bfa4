import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './ports.js';
import { until } from './until.js';

const run = promisify(execFile);

/** A pgbouncer of one test's own, in transaction mode, before one PostgreSQL. */
export interface PgBouncer {
  /** The URL of a database, through it. */
  through(url: string): string;
  /** Ends it, in order or at once, and starts it again at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** What Debian's package needs beside what every machine has. */
const packages = ['pgbouncer', 'libevent-2.1-7', 'libc-ares2'];
const folder = resolve('.data/test/pgbouncer');

interface Found {
  program: string;
  /** Where its libraries are; none: where those of the machine are. */
  libraries: string;
}

/** The machine's, or our own copy, or a new copy from the distribution's archive: as with NATS. */
async function find(): Promise<Found> {
  const own = join(folder, 'usr/sbin/pgbouncer');
  for (const found of [{ program: 'pgbouncer', libraries: '' }, await copy(own)])
    if (await runs(found)) return found;
  await mkdir(folder, { recursive: true });
  // Root downloads as `_apt` otherwise, who may not enter our folder.
  await run('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', 'download', ...packages], { cwd: folder });
  const files = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
  for (const file of files) await run('dpkg', ['-x', file, '.'], { cwd: folder });
  const found = await copy(own);
  if (await runs(found)) return found;
  throw new Error('there is no pgbouncer here: apt-get install pgbouncer');
}

async function copy(program: string): Promise<Found> {
  const under = join(folder, 'usr/lib');
  const names = await readdir(under).catch(() => []);
  return { program, libraries: names.map((name) => join(under, name)).join(':') };
}

const runs = ({ program, libraries }: Found): Promise<boolean> =>
  run(program, ['--version'], { env: environment(libraries) }).then(
    () => true,
    () => false,
  );

const environment = (libraries: string): NodeJS.ProcessEnv => ({
  PATH: `${process.env['PATH']}:/usr/sbin`,
  ...(libraries && { LD_LIBRARY_PATH: libraries }),
});

/** Starts one before the server of this URL; `lines`: more of its settings. It is ready when this resolves. */
export async function startPgBouncer(server: string, lines: readonly string[] = []): Promise<PgBouncer> {
  const { program, libraries } = await find();
  const { hostname, port: serverPort, username, password } = new URL(server);
  const port = await freePort();
  const home = await mkdtemp(join(tmpdir(), 'pgbouncer-'));
  await chmod(home, 0o755);
  await writeFile(join(home, 'users.txt'), `"${username}" "${decodeURIComponent(password)}"\n`);
  const settings = [
    '[databases]',
    `* = host=${hostname} port=${serverPort}`,
    '[pgbouncer]',
    `listen_addr = 127.0.0.1`,
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = plain',
    `auth_file = ${join(home, 'users.txt')}`,
    'pool_mode = transaction',
    'default_pool_size = 4',
    ...lines,
  ];
  const file = join(home, 'pgbouncer.ini');
  await writeFile(file, settings.join('\n'));
  const through = (url: string): string => {
    const way = new URL(url);
    [way.hostname, way.port] = ['127.0.0.1', String(port)];
    return way.href;
  };
  let child: ChildProcess;
  const start = async () => {
    // It does not run as root.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    child = spawn(program, [file], { env: environment(libraries), stdio: 'ignore', ...nobody });
    await until('pgbouncer answers', () => answers(through(server)));
  };
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    await exit;
  };
  await start();
  return {
    through,
    restart: async () => {
      await stop();
      await start();
    },
    stop: async () => {
      await stop();
      await rm(home, { recursive: true });
    },
  };
}

async function answers(url: string): Promise<true | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}
