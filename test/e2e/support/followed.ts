import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { until } from '../../support/until.js';
import type { InstalledApp } from './installed-app.js';

const run = promisify(execFile);

/** The blocks of a page's section that somebody who follows it types (`sh`) or applies (`diff`). */
export function blocksOf(page: string, section: string): { kind: string; text: string }[] {
  const [, after = ''] = readFileSync(page, 'utf8').split(`## ${section}\n`);
  const [text = ''] = after.split('\n## ');
  return [...text.matchAll(/```(sh|diff)\n([^]*?)```/g)].map(([, kind = '', text = '']) => ({ kind, text }));
}

/** Does what a page says, in an application's folder. */
export class Follower {
  private readonly env: Record<string, string> = {};
  private readonly started: { line: string; child: ChildProcess; output: string }[] = [];

  /** `own`: what the page's settings are here; `installed`: what was installed before. */
  constructor(
    private readonly app: InstalledApp,
    private readonly own: Readonly<Record<string, string>>,
    private readonly installed: string,
  ) {}

  async follow({ kind, text }: { kind: string; text: string }): Promise<void> {
    if (kind === 'diff') {
      // From its standard input, as it is pasted.
      const applied = run('git', ['apply', '-'], { cwd: this.app.folder });
      applied.child.stdin!.end(text);
      await applied;
      return;
    }
    for (const line of text.trim().split('\n')) await this.type(line);
    for (const { line, child, output } of this.started)
      if (child.exitCode !== null) throw new Error(`${line} ended:\n${output}`);
  }

  /** Ends what was started, and all that that has started. */
  async end(): Promise<void> {
    for (const { child } of this.started) {
      if (child.exitCode !== null) continue;
      process.kill(-child.pid!, 'SIGTERM');
      await new Promise((ended) => child.once('close', ended));
    }
  }

  private async type(line: string): Promise<void> {
    if (line.startsWith('export ')) return this.set(line);
    if (line.startsWith('npm install ')) return expect(line).toBe(this.installed);
    if (line.endsWith(' &')) return this.start(line);
    const { env } = this;
    await run('bash', ['-c', line], { cwd: this.app.folder, env: { ...bare(), ...env }, maxBuffer }).catch(
      (error: unknown) => {
        const { stdout, stderr } = error as { stdout: string; stderr: string };
        throw new Error([line, stdout, stderr, ...this.started.map(({ output }) => output)].join('\n'));
      },
    );
  }

  private set(line: string): void {
    for (const [, name = '', value = ''] of line.matchAll(/(\w+)=(\S+)/g))
      this.env[name] = this.own[name] ?? value;
  }

  private async start(line: string): Promise<void> {
    // A group of its own: npm starts others.
    const options = { cwd: this.app.folder, env: { ...bare(), ...this.env }, detached: true } as const;
    const child = spawn('bash', ['-c', line.slice(0, -2)], options);
    const started = { line, child, output: '' };
    this.started.push(started);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (started.output += chunk.toString()));
    await until(`${line} says that it is there`, () => {
      if (child.exitCode !== null) throw new Error(`${line} ended:\n${started.output}`);
      return /Listening on port|is served/.test(started.output) || undefined;
    });
  }
}

const maxBuffer = 50_000_000;

const bare = (): Record<string, string> => {
  const { PATH = '', HOME = '', XDG_STATE_HOME = '' } = process.env;
  return { PATH, HOME, XDG_STATE_HOME };
};
