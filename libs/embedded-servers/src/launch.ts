import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { dirname } from 'node:path';
import { EmbeddedError, reasonOf } from './embedded-error.js';
import { serverEnvironment } from './plain-environment.js';
import { complaintIn, openLog, sizeOf } from './server-log.js';

/** A server process that we have started. */
export interface Launched {
  pid: number;
  /** Resolves when it has ended. */
  gone: Promise<unknown>;
  /** What it wrote to its log about why it ended. */
  complaint(): string;
}

/**
 * Starts a server whose output goes to a log of its own. It writes there itself: a pipe through the keeper would
 * break with the keeper, and take the server along.
 */
export async function launch(commandLine: string[], log: string): Promise<Launched> {
  const [program, ...words] = commandLine;
  const output = openLog(log);
  const from = sizeOf(log);
  const child = spawn(program!, words, {
    cwd: dirname(log),
    stdio: ['ignore', output, output],
    env: serverEnvironment(),
  });
  closeSync(output);
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new EmbeddedError(`${program} cannot be run: ${reasonOf(error)}`);
  }
  return { pid: child.pid!, gone, complaint: () => `${complaintIn(log, from)} (see ${log})` };
}
