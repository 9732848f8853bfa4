import { chown, mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EmbeddedError, ServerEnded } from '../embedded-error.js';
import { launch } from '../launch.js';
import { patience } from '../patience.js';
import { choosePort } from '../ports.js';
import {
  mentions,
  runningProcesses,
  stopProcess,
  untilGone,
  type RunningProcess,
  type StopStep,
} from '../processes.js';
import { chooseRunAs } from '../run-as.js';
import type { RunningServer, ServerKind, StartOrder } from '../supervised-server.js';
import { untilNatsAnswers } from './answers.js';
import { writePrivately } from '../secret-file.js';
import { accessOf, natsConfig, readNatsConfig, urlOf, writeNatsConfig, type NatsAccess } from './config.js';
import { NatsFinder } from './find-nats.js';
import type { NatsUser } from './user.js';

const FIRST_CHOICE_PORT = 42229;
const ADOPTION_MS = 30_000;
const ADMISSION_MS = 10_000;

const STOP: StopStep[] = [
  { signal: 'SIGTERM', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
];

/** The server of this configuration, if it runs. */
const processOf = async (config: string): Promise<RunningProcess | undefined> =>
  (await runningProcesses()).find((one) => mentions(one, '-c', config));

/**
 * Whether the embedded NATS of this data folder runs: for another process that shares it, or left behind by one. To ask starts nothing.
 *
 * @example
 * ```ts
 * const lease = (await natsRuns('.data')) ? await acquireEmbedded({ dataDir: '.data' }) : undefined;
 * ```
 */
export async function natsRuns(dataDir: string): Promise<boolean> {
  const folder = await realpath(dataDir).catch(() => undefined);
  return folder !== undefined && (await processOf(configIn(folder))) !== undefined;
}

const configIn = (folder: string): string => join(folder, 'nats.conf');

/** NATS, with JetStream for users who may ask it (its store is `<dataDir>/jetstream`); its port, users and passwords are in `<dataDir>/nats.conf`. */
export class NatsServer implements ServerKind {
  readonly label = 'NATS';
  private readonly config: string;
  private readonly store: string;
  private readonly finder: NatsFinder;
  private readonly users = new Map<string, NatsUser>();
  private running: { access: NatsAccess; pid: number } | undefined;
  private admitting: Promise<void> = Promise.resolve();

  constructor(private readonly folder: string) {
    this.config = configIn(folder);
    this.store = resolve(folder, 'jetstream');
    this.finder = new NatsFinder(folder);
  }

  /**
   * Looks for the process by its command line. A pid file would miss one whose keeper was killed before it
   * was written, and clients would then be on two servers.
   */
  async adopt(signal: AbortSignal): Promise<RunningServer | undefined> {
    const access = await readNatsConfig(this.config);
    if (!access) return undefined;
    const living = await processOf(this.config);
    if (!living) return undefined;
    const patient = patience(ADOPTION_MS, signal);
    try {
      return await this.whenReady(access, living.pid, untilGone(living.pid), patient);
    } catch (error) {
      if (signal.aborted) throw error;
      await stopProcess(living.pid, STOP); // it hangs, or is of another password
      return undefined;
    }
  }

  /** From the next start on these users get in too; from a start that has been, once {@link urlFor} asks for one of them. */
  allow(users: readonly NatsUser[]): void {
    for (const user of users) this.users.set(user.name, user);
  }

  /** The URL of one user of the running server. @throws EmbeddedError when nobody has said what that one may do. */
  async urlFor(name: string): Promise<string> {
    if (!this.users.has(name)) throw new EmbeddedError(`the embedded NATS has no user ${name}`);
    this.admitting = this.admitting.catch(() => undefined).then(() => this.admit(name));
    await this.admitting;
    return urlOf(accessOf(this.running!.access, name));
  }

  /** Has the server read its configuration again where that has changed. */
  private async admit(name: string): Promise<void> {
    if (!this.running) throw new EmbeddedError('the embedded NATS does not run');
    const { access, pid } = this.running;
    const wanted = natsConfig(access, [...this.users.values()], this.store);
    if ((await readFile(this.config, 'utf8')) === wanted) return;
    const { uid, gid } = await stat(this.config);
    await writePrivately(this.config, wanted, { uid, gid });
    process.kill(pid, 'SIGHUP');
    await untilNatsAnswers(accessOf(access, name), pid, AbortSignal.timeout(ADMISSION_MS));
  }

  async start({ port: known, tell, signal }: StartOrder): Promise<RunningServer> {
    const program = await this.finder.find({ tell, signal });
    const { label, folder } = this;
    const { prefix, owner } = await chooseRunAs({ label, folder, program, user: 'nats' });
    const port = await choosePort(known, FIRST_CHOICE_PORT);
    const { store } = this;
    await mkdir(store, { recursive: true, mode: 0o700 });
    if (owner) await chown(store, owner.uid, owner.gid);
    const users = [...this.users.values()];
    const access = await writeNatsConfig(this.config, { port, owner, users, store });
    const server = await launch([...prefix, program, '-c', this.config], join(folder, 'nats.log'));
    try {
      const running = await this.whenReady(access, server.pid, server.gone, signal);
      if (running) return running;
    } catch (error) {
      await stopProcess(server.pid, STOP);
      throw error;
    }
    throw new ServerEnded(`NATS does not start: ${server.complaint()}`);
  }

  private async whenReady(
    access: NatsAccess,
    pid: number,
    gone: Promise<unknown>,
    signal: AbortSignal,
  ): Promise<RunningServer | undefined> {
    if (!(await untilNatsAnswers(access, pid, signal))) return undefined;
    this.running = { access, pid };
    const { port } = access;
    return { url: urlOf(access), port, gone, stop: () => stopProcess(pid, STOP) };
  }
}
