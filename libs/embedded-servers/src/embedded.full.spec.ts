import { connect as connectToNats, type NatsConnection } from '@nats-io/transport-node';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { until } from '../../../test/support/until.js';
import { EmbeddedError, acquireEmbedded, natsRuns, type EmbeddedLease, type NatsUser } from './index.js';
import { runningProcesses, type RunningProcess } from './processes.js';

jest.setTimeout(60_000);

// A process of its own: says its URLs, or why it has none, as one line of JSON; then stays until it is killed, or
// releases its share when its input ends.
const CLIENT = `
  const { acquireEmbedded } = await import(process.argv[1]);
  if (process.argv[3] === 'as nobody' && process.getuid() === 0) {
    process.setgroups([]); process.setgid(65534); process.setuid(65534);
  }
  try {
    const lease = await acquireEmbedded({ dataDir: process.argv[2] });
    console.log(JSON.stringify(await Promise.all([lease.need('postgres'), lease.need('nats')])));
    process.stdin.resume().on('end', () => lease.release());
  } catch (error) {
    console.log(JSON.stringify(error.message));
  }`;
const BUILT = pathToFileURL(join(process.cwd(), 'libs/embedded-servers/dist/index.js')).href;

/** Stands in the environment of whoever starts the servers, and must not stand in theirs. */
const SECRET = 'not for the servers';

let parent: string;
let folder: string;
const children: ChildProcess[] = [];
const leases: EmbeddedLease[] = [];

beforeAll(async () => {
  // mkdtemp makes it with mode 700: as root, the user that PostgreSQL runs as cannot enter it without help.
  parent = await mkdtemp(join(tmpdir(), 'embedded-'));
  folder = join(parent, 'data');
  process.env.ADMIN_PASSWORD = SECRET;
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(leases.splice(0).map((lease) => lease.release()));
  await untilTrue('no process of ours is left', async () => (await ours()).length === 0);
});

afterAll(async () => {
  delete process.env.ADMIN_PASSWORD;
  await rm(parent, { recursive: true, force: true });
});

describe('the embedded servers', () => {
  it('are one of each for processes that start at once, and none is root below a closed folder', async () => {
    const [one, two, here] = await Promise.all([startClient(), startClient(), acquire()]);
    expect(await natsRuns(join(folder, 'none'))).toBe(false);
    const urls = [await here.need('postgres'), await here.need('nats')];

    expect(await one.said).toEqual(urls);
    expect(await two.said).toEqual(urls);
    expect(await ours('keeper.js')).toHaveLength(1);
    expect(await ours('-c', join(folder, 'nats.conf'))).toHaveLength(1);
    expect(await postmasters()).toHaveLength(1);
    expect(await query(urls[0]!, 'SHOW fsync')).toBe('on');
    expect(await natsAnswers(urls[1]!)).toBe(true);
    expect(await natsRuns(folder)).toBe(true);
    expect((await stat(parent)).mode & 0o777).toBe(0o700);
    const { uid } = await stat(join(folder, 'postgres'));
    expect(uid === process.getuid!()).toBe(process.getuid!() !== 0);
    for (const { pid } of await servers()) expect(await userOf(pid)).not.toBe(0);
  });

  it('do not see the secrets of the process that started them', async () => {
    const lease = await acquire();
    await Promise.all([lease.need('postgres'), lease.need('nats')]);
    for (const { pid } of [await theKeeper(), ...(await servers())]) {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
      expect(environment).toContain('PATH=');
      expect(environment).not.toContain(SECRET);
    }
  });

  it('say to a process of the release before, which asks for a database, that it is of another release', async () => {
    const asked = (await acquire()).need('postgres/shop' as 'postgres');
    await expect(asked).rejects.toThrow(
      /^the servers in .* belong to processes of another release: stop all/,
    );
  });

  it('give each program a user of NATS that may do what was said, also once NATS runs, and nobody notices', async () => {
    const all = await connectedTo(await (await acquire()).need('nats'));
    const heard: string[] = [];
    all.subscribe('>', { callback: (_error, { subject }) => void heard.push(subject) });
    const lost = jest.fn();
    void all.closed().then(lost);
    const may = { publish: ['stock.said'], subscribe: [] };
    const users = ['fair.stock', 'fair.desk'].map((name) => ({ name, ...may }));
    const lease = await acquire(users);
    const stock = await lease.need('nats/fair.stock');

    const connection = await connectedTo(stock);
    connection.publish('stock.said');
    connection.publish('desk.said');
    await connection.flush();
    await connection.close();
    await all.flush();
    expect(heard).toEqual(['stock.said']);
    expect(lost).not.toHaveBeenCalled();
    await all.close();
    expect(new URL(await lease.need('nats/fair.desk')).password).not.toBe(new URL(stock).password);
    await expect(lease.need('nats/fair.till')).rejects.toThrow('the embedded NATS has no user fair.till');
    process.kill((await theKeeper()).pid, 'SIGKILL');
    expect(await (await acquire(users)).need('nats/fair.stock')).toBe(stock);
    expect(await natsAnswers(stock)).toBe(true);
  });

  it('stay for those who still need them, and end with the last release, the keeper too', async () => {
    const [first, last] = [await acquire(), await acquire()];
    const [postgres, nats] = [await first.need('postgres'), await last.need('nats')];

    await first.release();
    expect(await query(postgres, 'SELECT 1')).toBe(1);
    expect(await natsAnswers(nats)).toBe(true);
    await last.release();

    await expect(isOpen(postgres)).resolves.toBe(false);
    await expect(isOpen(nats)).resolves.toBe(false);
    expect(await natsRuns(folder)).toBe(false);
    expect(await ours('-D')).toEqual([]);
    expect(await readdir(folder)).not.toContain('keeper');
    await expect(last.need('postgres')).rejects.toThrow(EmbeddedError);
  });

  it('end when the only process that needs them is killed', async () => {
    const { child, said } = await startClient();
    const [postgres] = (await said) as string[];
    child.kill('SIGKILL');

    await untilTrue('no process of ours is left', async () => (await ours()).length === 0);
    expect(await isOpen(postgres!)).toBe(false);
  });

  it('serve whoever comes while they are being stopped', async () => {
    for (const lease of [await acquire(), await acquire(), await acquire()]) {
      await lease.need('postgres');
      const leaving = lease.release();
      expect(await query(await (await acquire()).need('postgres'), 'SELECT 1')).toBe(1);
      await leaving;
    }
  });

  it('get a new keeper when theirs is killed, and do not notice', async () => {
    const lease = await acquire();
    const postgres = await lease.need('postgres');
    await lease.need('nats');
    const [before, keeper] = [await servers(), await theKeeper()];
    process.kill(keeper.pid, 'SIGKILL');

    await untilTrue('another keeper', async () =>
      (await ours('keeper.js')).some(({ pid }) => pid !== keeper.pid),
    );
    expect(await (await acquire()).need('postgres')).toBe(postgres);
    expect(await servers()).toEqual(before);
  });

  it('are stopped by the release even if the keeper was killed just before', async () => {
    const lease = await acquire();
    const urls = [await lease.need('postgres'), await lease.need('nats')];
    process.kill((await theKeeper()).pid, 'SIGKILL');
    await lease.release();

    expect(await Promise.all(urls.map(isOpen))).toEqual([false, false]);
  });

  it('are stopped by the next release after all but them was killed, even if not needed again', async () => {
    const { child, said } = await startClient();
    const urls = (await said) as string[];
    process.kill((await theKeeper()).pid, 'SIGKILL');
    child.kill('SIGKILL');
    expect(await Promise.all(urls.map(isOpen))).toEqual([true, true]);
    await (await acquire()).release();

    expect(await Promise.all(urls.map(isOpen))).toEqual([false, false]);
  });

  it('come back at the same address when they are killed', async () => {
    const lease = await acquire();
    const [postgres, nats] = [await lease.need('postgres'), await lease.need('nats')];
    for (const { pid } of await servers()) process.kill(pid, 'SIGKILL');

    await untilTrue('PostgreSQL is back', () => query(postgres, 'SELECT 1').then(Boolean, () => false));
    await untilTrue('NATS is back', () => natsAnswers(nats));
  });

  it('start again with their data after everything was killed, whoever has their process ids now', async () => {
    const { child, said } = await startClient();
    const [postgres] = (await said) as string[];
    await query(postgres!, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const pidFile = join(folder, 'postgres/postmaster.pid');
    const [everything, noted] = [[await theKeeper(), ...(await servers())], await readFile(pidFile, 'utf8')];
    for (const { pid } of everything) process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await untilTrue('no process of ours is left', async () => (await ours()).length === 0);
    const { uid, gid } = await stat(pidFile);
    const stranger = spawn('sleep', ['60'], { uid, gid });
    children.push(stranger);
    await writeFile(pidFile, noted.replace(/^\d+/, String(stranger.pid))); // as after the restart of a container
    await mkdir(join(folder, 'postgres.new.crashed/base'), { recursive: true });

    expect(await query(await (await acquire()).need('postgres'), 'SELECT answer FROM kept')).toBe(42);
    expect(await readdir(folder)).not.toContain('postgres.new.crashed');
    expect(stranger.signalCode ?? stranger.exitCode).toBeNull();
  });

  it('are created anew when their creation was broken off', async () => {
    const other = join(parent, 'other');
    const client = await startClient(other);
    await untilTrue('initdb is at work', async () => (await ours('-D')).length > 0);
    process.kill((await theKeeper()).pid, 'SIGKILL');

    expect(await query(((await client.said) as string[])[0]!, 'SELECT 1')).toBe(1);
  });

  it('say in a sentence that those of another release are there, and leave them alone', async () => {
    const older = join(parent, 'older');
    await mkdir(join(older, 'keeper'), { recursive: true });
    // As the keeper of 0.1.0 welcomes.
    const keeper = createServer((socket) => socket.write(`{"welcome":${process.pid}}\n`));
    keeper.listen(join(older, 'keeper', '0badcafe'));
    await once(keeper, 'listening');
    await expect(acquireEmbedded({ dataDir: older })).rejects.toThrow(
      /^the servers in .*older belong to processes of another release: stop all of them, then start this one again$/,
    );
    expect(await readdir(join(older, 'keeper'))).toEqual(['0badcafe']);
    keeper.close();
  });

  it('say in a sentence that the data folder cannot be used, and start nothing', async () => {
    const closed = join(parent, '..', `closed-${process.pid}`);
    await mkdir(closed, { mode: 0o000 });
    const { said } = await startClient(closed, 'as nobody');
    expect(await said).toMatch(/^cannot use the data folder .*closed-\d+: permission denied$/);
    expect(await readdir(process.getuid!() === 0 ? closed : parent)).not.toContain('keeper.log');
    await rm(closed, { recursive: true });

    const file = join(parent, 'file');
    await writeFile(file, '');
    await expect(acquireEmbedded({ dataDir: file })).rejects.toThrow(
      `cannot use the data folder ${file}: it is not a folder`,
    );
    const tooLong = join(parent, 'long'.repeat(40));
    await expect(acquireEmbedded({ dataDir: tooLong })).rejects.toThrow(/too long for a socket/);
  });
});

async function acquire(natsUsers: readonly NatsUser[] = []): Promise<EmbeddedLease> {
  const lease = await acquireEmbedded({ dataDir: folder, natsUsers });
  leases.push(lease);
  return lease;
}

async function startClient(
  dataDir = folder,
  how = '',
): Promise<{ child: ChildProcess; said: Promise<unknown> }> {
  const words = ['--input-type=module', '-e', CLIENT, BUILT, dataDir, how];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const said = once(createInterface(child.stdout), 'line').then(
    ([line]) => JSON.parse(line as string) as unknown,
  );
  return { child, said };
}

/** The keepers and servers of this test's folders, and those among them with these words. */
async function ours(...words: string[]): Promise<RunningProcess[]> {
  const all = (await runningProcesses()).filter(
    ({ command }) => command.includes(parent) && !command.includes(BUILT),
  );
  return all.filter(({ command }) => command.includes(words.join(' ')));
}

async function theKeeper(): Promise<RunningProcess> {
  return (await ours('keeper.js'))[0]!;
}

/** PostgreSQL's main process; its children carry the same command line for a moment. */
async function postmasters(): Promise<RunningProcess[]> {
  const noted = parseInt(readFileSync(join(folder, 'postgres/postmaster.pid'), 'utf8'));
  const all = await ours('-D', join(folder, 'postgres'));
  return all.filter(({ pid }) => pid === noted);
}

async function servers(): Promise<RunningProcess[]> {
  return [...(await postmasters()), ...(await ours('-c', join(folder, 'nats.conf')))];
}

async function userOf(pid: number): Promise<number> {
  return Number(/^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

async function query(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client(new URL(url).pathname === '' ? `${url}/postgres` : url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return Object.values(rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

async function connectedTo(url: string): Promise<NatsConnection> {
  const { host, username, password } = new URL(url);
  return connectToNats({ servers: host, user: username, pass: password, reconnect: false });
}

async function natsAnswers(url: string): Promise<boolean> {
  try {
    const connection = await connectedTo(url);
    const { info } = connection;
    await connection.close();
    return info !== undefined && !info.jetstream;
  } catch {
    return false;
  }
}

async function isOpen(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const open = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return open;
}

async function untilTrue(what: string, condition: () => Promise<boolean>): Promise<void> {
  await until(what, async () => (await condition()) || undefined);
}
