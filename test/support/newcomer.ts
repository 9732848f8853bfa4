import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../libs/platform/src/project-root.js';
import { freePort } from './ports.js';
import { until } from './until.js';

const run = promisify(execFile);

/** An empty copy of the repository, in a folder that only its owner may enter, and a newcomer who types commands there. */
export class Newcomer {
  private readonly commands: Command[] = [];

  private constructor(
    private readonly parent: string,
    /** The copy. */
    readonly folder: string,
    private readonly ports: readonly [number, number],
  ) {}

  /** Makes the copy. Its packages are those of this checkout, or `npm ci` brings them (half a minute). */
  static async come(packages: 'linked' | 'installed'): Promise<Newcomer> {
    const parent = await mkdtemp(join(tmpdir(), 'newcomer-'));
    const folder = join(parent, 'it');
    await copyRepository(folder);
    if (packages === 'linked')
      await symlink(join(projectRoot(), 'node_modules'), join(folder, 'node_modules'));
    else await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder, env: bareEnvironment() });
    return new Newcomer(parent, folder, [await freePort(), await freePort()]);
  }

  /** Address of the shop, once it is started. */
  get url(): string {
    return `http://localhost:${this.ports[0]}`;
  }

  npm(...args: string[]): Command {
    const [port, adminPort] = this.ports;
    const env = { ...bareEnvironment(), PORT: String(port), ADMIN_PORT: String(adminPort) };
    const command = new Command('npm', args, this.folder, env);
    this.commands.push(command);
    return command;
  }

  /** Resolves when no process is left that was started in the copy. */
  async nothingRuns(): Promise<void> {
    await until('nothing is left running', async () => {
      const left = await run('pgrep', ['-fl', this.parent]).catch(() => ({ stdout: '' }));
      return left.stdout.trim() === '' ? true : undefined;
    });
  }

  async leave(): Promise<void> {
    for (const command of this.commands) await command.stop('SIGKILL');
    await this.nothingRuns();
    await rm(this.parent, { recursive: true });
  }
}

/** A command in a terminal of its own: signals reach all of its processes, as from the keyboard. */
export class Command {
  output = '';
  private readonly child: ChildProcess;

  constructor(program: string, args: string[], cwd: string, env: Record<string, string>) {
    this.child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  printed(line: RegExp): Promise<true> {
    return until(`a line ${line}`, () => {
      if (line.test(this.output)) return true;
      if (this.hasEnded()) throw new Error(`it ended before it printed ${line}:\n${this.output}`);
      return undefined;
    });
  }

  async ended(): Promise<number | null> {
    if (!this.hasEnded()) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    if (this.hasEnded()) return;
    process.kill(-(this.child.pid as number), signal);
    await this.ended();
  }

  private hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** The files that git would clone, with what is not committed yet. */
export async function filesOfRepository(): Promise<string[]> {
  const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard'], { cwd: projectRoot() });
  // Some may be deleted, but not committed as deleted.
  return stdout
    .trim()
    .split('\n')
    .filter((file) => existsSync(join(projectRoot(), file)));
}

async function copyRepository(target: string): Promise<void> {
  for (const file of await filesOfRepository()) await cp(join(projectRoot(), file), join(target, file));
}

const bareEnvironment = (): Record<string, string> => {
  const { PATH = '', HOME = '' } = process.env;
  return { PATH, HOME };
};
