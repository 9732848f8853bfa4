import { spawn } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedError } from './embedded-error.js';
import { unusable } from './data-folder.js';
import { keeperEnvironment } from './plain-environment.js';
import { complaintIn, openLog, sizeOf } from './server-log.js';

/** A keeper process that we started; it ends well (exit code 0) when another one was faster. */
export interface StartedKeeper {
  isRunning(): boolean;
  hasFailed(): boolean;
  /** The sentence for a keeper that has failed. */
  complaint(): string;
}

/**
 * Starts a keeper that outlives us: a session of its own, so that Ctrl-C in our terminal does not reach it, and a
 * file for its output, so that it holds no terminal or pipe of ours open.
 */
export function startKeeper(folder: string): StartedKeeper {
  const entry = join(packageFolder(), 'dist/keeper.js');
  if (!existsSync(entry)) throw new EmbeddedError(`${entry} is missing: run "npm run build" first`);
  const logFile = join(folder, 'keeper.log');
  const log = openKeeperLog(folder, logFile);
  const from = sizeOf(logFile);
  const keeper = spawn(process.execPath, [entry, folder], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', log, log],
    env: keeperEnvironment(),
  });
  closeSync(log);
  keeper.unref();
  let failed = false;
  keeper.on('error', () => (failed = true));
  return {
    isRunning: () => !failed && keeper.exitCode === null && keeper.signalCode === null,
    hasFailed: () => failed || (keeper.exitCode ?? 0) !== 0,
    complaint: () => `the embedded servers cannot be started: ${complaintIn(logFile, from)} (see ${logFile})`,
  };
}

function openKeeperLog(folder: string, file: string): number {
  try {
    return openLog(file);
  } catch (error) {
    throw unusable(folder, error);
  }
}

/** Found from the sources too: tests run those, while the keeper is always the built one. */
function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}
