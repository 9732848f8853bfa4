import { projectRoot, StartError } from '#platform';
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const lastLines = 12;
const longestLine = 300;
const startMs = 120_000;
const endMs = 20_000;

/**
 * Loaded into every child: one that outlives us (kill -9) has nobody to end it, and would keep ports and databases. Its
 * channel to us closes when we die, however we die.
 */
const endWithParent = `data:text/javascript,${encodeURIComponent(
  `process.once('disconnect', () => process.kill(process.pid, 'SIGTERM')); process.channel?.unref();`,
)}`;

/** How a program is started. */
export interface ProgramOptions {
  /** What we call it. */
  name: string;
  /** Below `dist`. */
  entry: string;
  args: readonly string[];
  env: Record<string, string>;
  /** Where it runs, and where its output goes: `<name>.log`. */
  folder: string;
}

/** One of our programs as a process of its own. */
export class ChildProgram {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly tail: string[] = [];
  private readonly listeners = new Set<(line: string) => void>();
  private readonly exited: Promise<unknown>;
  private ending = false;

  constructor({ name, entry, args, env, folder }: ProgramOptions) {
    this.name = name;
    this.child = spawn(
      process.execPath,
      ['--import', endWithParent, join(projectRoot(), 'dist', entry), ...args],
      // A group of its own: Ctrl-C in the terminal must not end the shop before the load. A folder of its own: no .env there.
      { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    this.exited = once(this.child, 'exit');
    const log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' });
    for (const output of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: output! }).on('line', (line) => {
        log.write(`${line}\n`);
        this.heard(line);
      });
    }
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Its last lines, cut to what fits on a screen. */
  get lastWords(): string {
    return this.tail.map((line) => `  ${line.slice(0, longestLine)}`).join('\n');
  }

  /** Resolves with the match when a line is printed. @throws {StartError} when it ends, or is stopped, before, or takes too long. */
  printed(pattern: RegExp, stop: AbortSignal): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const give = (act: () => void) => {
        clearTimeout(timer);
        this.listeners.delete(look);
        stop.removeEventListener('abort', leave);
        act();
      };
      const fail = (what: string) =>
        give(() => reject(new StartError(`${this.name} ${what}:\n${this.lastWords}`)));
      const leave = () => fail('was stopped while it started');
      const look = (line: string) => {
        const match = pattern.exec(line);
        if (match) give(() => resolve(match));
      };
      const timer = setTimeout(() => fail(`was not ready within ${startMs / 1_000} s`), startMs);
      this.listeners.add(look);
      stop.addEventListener('abort', leave);
      if (stop.aborted) leave();
      this.tail.forEach(look);
      void this.exited.then(() => fail(`${this.manner} while it started`));
    });
  }

  /** Calls `listener` with one sentence and its last lines when it ends without having been told to. */
  onDeath(listener: (obituary: string) => void): void {
    void this.exited.then(() => {
      if (!this.ending) listener(`${this.name} ${this.manner}. Its last lines:\n${this.lastWords}`);
    });
  }

  /** Ends it; one that does not end in time is killed. */
  async end(): Promise<void> {
    this.ending = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const timer = setTimeout(() => this.child.kill('SIGKILL'), endMs);
    this.child.kill('SIGTERM');
    await this.exited;
    clearTimeout(timer);
  }

  /** How it ended. */
  private get manner(): string {
    const { exitCode, signalCode } = this.child;
    return signalCode ? `was killed (${signalCode})` : `ended with code ${exitCode}`;
  }

  private heard(line: string): void {
    this.tail.push(line);
    if (this.tail.length > lastLines) this.tail.shift();
    for (const listener of this.listeners) listener(line);
  }
}
