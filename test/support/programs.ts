import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { projectRoot } from '../../libs/platform/src/project-root.js';
import { until } from './until.js';

/** One of our programs as a process of its own, as its users run it. */
export interface Program {
  readonly process: ChildProcess;
  /** Everything it has printed. */
  output(): string;
  /** Resolves with the match when a line is printed. @throws when it ends first. */
  printed(line: RegExp): Promise<RegExpMatchArray>;
  /** Resolves when it ends by itself, with its exit code (`null`: killed). */
  ended(): Promise<number | null>;
  /** Sends a signal and waits for the end. Resolves with the exit code, or `null` when it was killed. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Starts a built program (`dist/<entry>`, or one at an absolute path), in `cwd`. Only `env` and what a bare shell has is in its environment. */
export function startProgram(
  entry: string,
  args: string[],
  env: Record<string, string>,
  cwd: string = process.cwd(),
): Program {
  // The last: not beside what the user's own shops have had confirmed.
  const { PATH = '', HOME = '', XDG_STATE_HOME = '' } = process.env;
  const child = spawn(process.execPath, [resolve(projectRoot(), 'dist', entry), ...args], {
    cwd,
    env: { PATH, HOME, XDG_STATE_HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  // All that it has printed is there then, which comes after its exit.
  let closed = false;
  child.once('close', () => (closed = true));
  return {
    process: child,
    output: () => output,
    printed: (line) =>
      until(`${entry} prints ${line}`, () => {
        const match = line.exec(output);
        if (!match && closed)
          throw new Error(
            `${entry} ended (${child.signalCode ?? child.exitCode}) before it printed ${line}:\n${output}`,
          );
        return match ?? undefined;
      }),
    ended: async () => {
      if (!closed) await once(child, 'close');
      return child.exitCode;
    },
    end: async (signal = 'SIGINT') => {
      if (!closed) {
        const close = once(child, 'close');
        child.kill(signal);
        await close;
      }
      return child.exitCode;
    },
  };
}

/** Ends every program that a test has left running. */
export const endAllPrograms = (): void => running.forEach((child) => child.kill('SIGKILL'));
