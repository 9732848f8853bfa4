import { join } from 'node:path';
import { EmbeddedError, ServerEnded } from '../embedded-error.js';
import { removeUnfinished } from '../data-folder.js';
import { launch } from '../launch.js';
import { patience } from '../patience.js';
import { choosePort } from '../ports.js';
import { stopProcess, untilGone, type StopStep } from '../processes.js';
import { chooseRunAs, type RunAs } from '../run-as.js';
import { createSecret, readSecret } from '../secret-file.js';
import type { RunningServer, ServerKind, StartOrder } from '../supervised-server.js';
import { answersTo } from './answers.js';
import { clusterExists, createCluster } from './cluster.js';
import { clearRemains, livingPostmaster, untilReady } from './postmaster.js';
import { lacksLibraries, librariesMissing, postgresBinaries, type PostgresBinaries } from './binaries.js';

const FIRST_CHOICE_PORT = 54329;
const ADOPTION_MS = 30_000;

// Given at each start, so that a new version of this list reaches data that is there already. fsync stays on.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '128MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

// SIGINT is the fast shutdown: it ends sessions and writes a checkpoint. SIGQUIT leaves recovery to the next start.
const STOP: StopStep[] = [
  { signal: 'SIGINT', waitMs: 30_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 5_000 },
];

/** PostgreSQL on `<dataDir>/postgres`, for user `postgres` with the password in `<dataDir>/postgres-password`. */
export class PostgresServer implements ServerKind {
  readonly label = 'PostgreSQL';
  private readonly data: string;
  private readonly passwordFile: string;

  constructor(private readonly folder: string) {
    this.data = join(folder, 'postgres');
    this.passwordFile = join(folder, 'postgres-password');
  }

  async adopt(signal: AbortSignal): Promise<RunningServer | undefined> {
    const pid = await livingPostmaster(this.data);
    if (!pid) return undefined;
    const patient = patience(ADOPTION_MS, signal);
    try {
      // Not ready: the killed keeper had told it to stop, and now it has.
      return await this.whenReady(pid, untilGone(pid), patient);
    } catch (error) {
      if (signal.aborted || !patient.aborted) throw error;
      await stopProcess(pid, STOP.slice(1)); // it hangs
      return undefined;
    }
  }

  async start({ port: known, tell, signal }: StartOrder): Promise<RunningServer> {
    const command = await this.prepare(tell, signal);
    const port = await choosePort(known, FIRST_CHOICE_PORT);
    const settings = Object.entries({ port, ...SETTINGS }).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const server = await launch(
      [...command, '-D', this.data, ...settings],
      join(this.folder, 'postgres.log'),
    );
    try {
      const running = await this.whenReady(server.pid, server.gone, signal);
      if (running) return running;
    } catch (error) {
      await stopProcess(server.pid, STOP);
      throw error;
    }
    throw new ServerEnded(`PostgreSQL does not start: ${server.complaint()}`);
  }

  /** Makes the data folder where needed and clears the way; returns the words that start PostgreSQL. */
  private async prepare(tell: (line: string) => void, signal: AbortSignal): Promise<string[]> {
    const binaries = await postgresBinaries();
    const runAs = await this.runAs(binaries);
    await removeUnfinished(this.data);
    if (await clusterExists(this.data)) {
      await clearRemains(this.data);
    } else {
      tell('creating a PostgreSQL database');
      if (!(await readSecret(this.passwordFile))) await createSecret(this.passwordFile);
      const { data, passwordFile } = this;
      await createCluster({ data, passwordFile, initdb: binaries.initdb, runAs, signal });
    }
    return [...runAs.prefix, binaries.postgres];
  }

  private runAs({ postgres }: PostgresBinaries): Promise<RunAs> {
    const complain = (stderr: string) => {
      if (lacksLibraries(stderr)) throw librariesMissing;
    };
    const { folder, data, label } = this;
    return chooseRunAs({ label, folder, data, complain, program: postgres, user: 'postgres' });
  }

  private async whenReady(
    pid: number,
    gone: Promise<unknown>,
    signal: AbortSignal,
  ): Promise<RunningServer | undefined> {
    const password = await this.password();
    const port = await untilReady(
      this.data,
      pid,
      (tried) => answersTo(tried, password, this.passwordFile),
      signal,
    );
    if (!port) return undefined;
    const url = `postgres://postgres:${password}@127.0.0.1:${port}`;
    return { url, port, gone, stop: () => stopProcess(pid, STOP) };
  }

  private async password(): Promise<string> {
    const password = await readSecret(this.passwordFile);
    if (password) return password;
    throw new EmbeddedError(
      `${this.passwordFile} is missing: put it back, or delete ${this.data} to begin with an empty database`,
    );
  }
}
