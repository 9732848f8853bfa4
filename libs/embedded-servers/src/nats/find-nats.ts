import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedError, reasonOf } from '../embedded-error.js';
import { downloadWithApt } from './apt-download.js';

const HOW_TO_GET_IT =
  'install it (Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server; ' +
  'Docker: docker run -p 4222:4222 nats)';

/** Between two downloads that fail, in ms: doubled with each. What somebody installs meanwhile is seen at once. */
const BACKOFF_MS = { least: 5_000, most: 60_000 };

/** What is told to who waits, and how a copy is fetched. */
export interface Search {
  tell: (line: string) => void;
  signal: AbortSignal;
}

/** Looks for a nats-server: the machine's, or our own copy, or a new copy from the distribution's archive. */
export class NatsFinder {
  private readonly copy: string;
  private failure: { error: EmbeddedError; backoffMs: number; notBefore: number } | undefined;

  constructor(
    folder: string,
    private readonly download = downloadWithApt,
    private readonly now = () => performance.now(),
    // Debian puts it in /usr/sbin, which is not on everybody's PATH.
    private readonly installed: readonly string[] = ['nats-server', '/usr/sbin/nats-server'],
    private readonly runs = answersVersion,
  ) {
    this.copy = join(folder, 'bin', 'nats-server');
  }

  /** The path of a program that can be run. @throws EmbeddedError that says how to get one. */
  async find(search: Search): Promise<string> {
    for (const program of [...this.installed, this.copy]) {
      if (await this.runs(program)) return program;
    }
    if (this.failure && this.now() < this.failure.notBefore) throw this.failure.error;
    await this.fetch(search);
    if (await this.runs(this.copy)) return this.copy;
    throw this.failed(`the nats-server in ${this.copy} does not run here: ${HOW_TO_GET_IT}`);
  }

  private async fetch({ tell, signal }: Search): Promise<void> {
    if (!this.failure) {
      tell('nats-server was not found; downloading it from the archive of this Linux distribution (once)');
    }
    try {
      // A signal of its own: every program that is run listens to it, and one that cannot be run for ever.
      await this.download(this.copy, AbortSignal.any([signal]));
    } catch (error) {
      signal.throwIfAborted();
      throw this.failed(
        `nats-server was not found and not downloaded (${reasonOf(error)}): ${HOW_TO_GET_IT}`,
      );
    }
  }

  private failed(message: string): EmbeddedError {
    const backoffMs = Math.min(2 * (this.failure?.backoffMs ?? BACKOFF_MS.least / 2), BACKOFF_MS.most);
    const error = new EmbeddedError(message);
    this.failure = { error, backoffMs, notBefore: this.now() + backoffMs };
    return error;
  }
}

const answersVersion = (program: string): Promise<boolean> =>
  promisify(execFile)(program, ['--version']).then(
    ({ stdout }) => /v?\d+\.\d+\.\d+/.test(stdout),
    () => false,
  );
