import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of its own. */
export interface Program {
  /** What the line said by which it told that it was ready. */
  readonly ready: RegExpExecArray;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a built program and waits for the line that says that it is ready. @throws when it ends before. */
export async function startProgram(
  file: URL,
  args: readonly string[],
  readyLine: RegExp,
  env: Record<string, string> = {},
): Promise<Program> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [fileURLToPath(file), ...args], {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
  };
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const ready = readyLine.exec(line);
    if (!ready) continue;
    child.stdout.resume();
    return { ready, stop, pid: child.pid ?? NaN };
  }
  throw new Error(`${fileURLToPath(file)} ended before it was ready`);
}
