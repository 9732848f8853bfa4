import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NatsFinder } from '#embedded-servers/nats/find-nats';
import { freePort } from './ports.js';
import { until } from './until.js';

/** A NATS server of one test's own, which it may kill. */
export interface TestNats {
  readonly url: string;
  /** Ends the server as by `kill -9`. */
  kill(): Promise<void>;
  /** Stops the server as the system does, or lets it go on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** Starts it again on the same port, with more words on its command line if given. */
  restart(...more: string[]): Promise<void>;
  stop(): Promise<void>;
}

const folder = '.data/test';

/** The path of a nats-server that can be run; downloads it where there is none. */
async function findNats(): Promise<string> {
  await mkdir(`${folder}/bin`, { recursive: true });
  const { signal } = new AbortController();
  return new NatsFinder(folder).find({ tell: () => undefined, signal });
}

/** Starts a nats-server, with more words on its command line if given; it is ready when this resolves. */
export async function startNats(...words: string[]): Promise<TestNats> {
  const program = await findNats();
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  let server: ChildProcess;
  const start = async (...more: string[]) => {
    server = spawn(program, ['-a', '127.0.0.1', '-p', String(port), ...more], { stdio: 'ignore' });
    await until('NATS answers', () => answers(port));
  };
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  };
  await start(...words);
  const signal = (name: NodeJS.Signals) => void server.kill(name);
  return { url, kill, signal, restart: start, stop: kill };
}

/** The same with one user, who may hear all and publish only what `publish` names. */
export async function startNatsFor(user: {
  name: string;
  password: string;
  publish: string;
}): Promise<TestNats> {
  const folder = await mkdtemp(join(tmpdir(), 'nats-'));
  const config = join(folder, 'nats.conf');
  const permissions = { publish: user.publish, subscribe: '>' };
  const users = [{ user: user.name, password: user.password, permissions }];
  await writeFile(config, `authorization: ${JSON.stringify({ users })}`);
  const nats = await startNats('-c', config);
  return { ...nats, stop: () => nats.stop().then(() => rm(folder, { recursive: true })) };
}

/** Its first words come before TLS and passwords. */
async function answers(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1').setTimeout(500, () => socket.destroy());
  const said = once(socket, 'data').then(
    ([data]) => String(data).startsWith('INFO ') || undefined,
    () => undefined,
  );
  const closed = once(socket, 'close').then(() => undefined);
  const answer = await Promise.race([said, closed]);
  socket.destroy();
  return answer;
}
