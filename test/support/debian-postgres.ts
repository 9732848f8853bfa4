import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { provideRole } from '#platform';
import { freePort } from './ports.js';
import { until } from './until.js';

const run = promisify(execFile);

/** A PostgreSQL of another version than the embedded one, with a superuser and a plain role that may make databases. */
export interface DebianPostgres {
  readonly superuserUrl: string;
  readonly plainUrl: string;
  /** The folder of its programs: `pg_dump` and the like. */
  readonly bin: string;
  stop(): Promise<void>;
}

/** Of both roles: nobody guesses who listens here. */
const password = randomBytes(16).toString('hex');
/** PostgreSQL does not run as root: then as nobody, who has neither home nor rights. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** The machine's, or our own copy, or a new copy from the distribution's archive: as with NATS. Answers the folder of its programs. */
async function find(version: number): Promise<string> {
  const bin = `usr/lib/postgresql/${version}/bin`;
  const own = resolve(`.data/test/postgresql-${version}`);
  const places = [join('/', bin), join(own, bin)];
  for (const place of places) if (await runs(place)) return place;
  await mkdir(own, { recursive: true });
  const packages = [`postgresql-${version}`, `postgresql-client-${version}`];
  // Root downloads as `_apt` otherwise, who may not enter our folder.
  await run('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', 'download', ...packages], { cwd: own });
  const files = (await readdir(own)).filter((name) => name.endsWith('.deb'));
  for (const file of files) await run('dpkg', ['-x', file, '.'], { cwd: own });
  for (const place of places) if (await runs(place)) return place;
  throw new Error(`there is no PostgreSQL ${version} here: apt-get install postgresql-${version}`);
}

const runs = (bin: string): Promise<boolean> =>
  run(join(bin, 'postgres'), ['--version'], nobody).then(
    () => true,
    () => false,
  );

/** Makes a new cluster of that version of Debian's, and starts it as tests want it: nothing need be on its disk. */
export async function startDebianPostgres(version: number): Promise<DebianPostgres> {
  const bin = await find(version);
  const folder = await mkdtemp(join(tmpdir(), `postgresql-${version}-`));
  if (nobody.uid) await chown(folder, nobody.uid, nobody.gid);
  const data = join(folder, 'data');
  const secret = join(folder, 'password');
  await writeFile(secret, password);
  const made = [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    '--pwfile',
    secret,
    '-E',
    'UTF8',
    '--no-sync',
  ];
  await run(join(bin, 'initdb'), made, { cwd: folder, ...nobody });
  const port = await freePort();
  const settings = ['fsync=off', 'full_page_writes=off', 'max_connections=200', 'timezone=UTC'];
  const server = spawn(
    join(bin, 'postgres'),
    [
      '-D',
      data,
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-k',
      '',
      ...settings.flatMap((each) => ['-c', each]),
    ],
    { cwd: folder, stdio: 'ignore', ...nobody },
  );
  const urlOf = (user: string) => `postgres://${user}:${password}@127.0.0.1:${port}`;
  await until('PostgreSQL answers', () => prepared(`${urlOf('postgres')}/postgres`));
  return {
    superuserUrl: urlOf('postgres'),
    plainUrl: urlOf('tests'),
    bin,
    stop: async () => {
      const exit = once(server, 'exit');
      server.kill('SIGINT');
      await exit;
      await rm(folder, { recursive: true });
    },
  };
}

async function prepared(url: string): Promise<true | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch {
    return undefined;
  }
  // Nobody guesses it here, and tests connect thousands of times.
  await client.query('set scram_iterations = 1').catch(() => undefined);
  await provideRole(client, { role: 'tests', password }, 'createdb');
  await client.end();
  return true;
}
