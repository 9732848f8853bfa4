import { join } from 'node:path';
import { ServerEnded } from '../embedded-error.js';
import { launch } from '../launch.js';
import { choosePort } from '../ports.js';
import { mentions, runningProcesses, stopProcess, untilGone, type StopStep } from '../processes.js';
import { chooseRunAs } from '../run-as.js';
import type { RunningServer, ServerKind, StartOrder } from '../supervised-server.js';
import { untilNatsAnswers } from './answers.js';
import { readNatsConfig, writeNatsConfig, type NatsAccess } from './config.js';
import { NatsFinder } from './find-nats.js';

const FIRST_CHOICE_PORT = 42229;
const ADOPTION_MS = 30_000;

const STOP: StopStep[] = [
  { signal: 'SIGTERM', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
];

/** NATS without JetStream, which nothing here uses; its port and password are in `<dataDir>/nats.conf`. */
export class NatsServer implements ServerKind {
  readonly label = 'NATS';
  private readonly config: string;
  private readonly finder: NatsFinder;

  constructor(private readonly folder: string) {
    this.config = join(folder, 'nats.conf');
    this.finder = new NatsFinder(folder);
  }

  /**
   * Looks for the process by its command line. A pid file would miss one whose keeper was killed before it
   * was written, and clients would then be on two servers.
   */
  async adopt(signal: AbortSignal): Promise<RunningServer | undefined> {
    const access = await readNatsConfig(this.config);
    if (!access) return undefined;
    const living = (await runningProcesses()).find((one) => mentions(one, '-c', this.config));
    if (!living) return undefined;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(ADOPTION_MS)]);
    try {
      return await this.whenReady(access, living.pid, untilGone(living.pid), patience);
    } catch (error) {
      if (signal.aborted) throw error;
      await stopProcess(living.pid, STOP); // it hangs, or is of another password
      return undefined;
    }
  }

  async start({ port: known, tell, signal }: StartOrder): Promise<RunningServer> {
    const program = await this.finder.find({ tell, signal });
    const { label, folder } = this;
    const { prefix, owner } = await chooseRunAs({
      label,
      folder,
      program,
      user: 'nats',
      setting: 'NATS_URL',
    });
    const port = await choosePort(known, FIRST_CHOICE_PORT);
    const access = await writeNatsConfig(this.config, { port, owner });
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
    const { port, user, password } = access;
    const url = `nats://${user}:${password}@127.0.0.1:${port}`;
    return { url, port, gone, stop: () => stopProcess(pid, STOP) };
  }
}
