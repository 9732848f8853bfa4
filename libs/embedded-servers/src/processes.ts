import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf } from './embedded-error.js';

/** A process of this machine and its command line, arguments joined by spaces. */
export interface RunningProcess {
  pid: number;
  command: string;
}

const onLinux = process.platform === 'linux';

/** True if some process has this number, a zombie included. */
export function isTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * True while the process runs. A zombie does not count: in a container whose first process collects no
 * orphans, a dead server would otherwise look alive for ever.
 */
export function isRunning(pid: number): boolean {
  return isTaken(pid) && !(onLinux && isZombie(pid));
}

function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return 'ZX'.includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return true; // it went between the two looks
  }
}

/** All processes that run now; on Linux from /proc, because small images have no `ps`. */
export async function runningProcesses(): Promise<RunningProcess[]> {
  if (!onLinux) return listWithPs();
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(pids.map(async (pid) => ({ pid, command: await commandFromProc(pid) })));
  return all.filter((one) => one.command !== '');
}

async function commandFromProc(pid: number): Promise<string> {
  const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return raw.replace(/\0+$/, '').replaceAll('\0', ' ');
}

async function listWithPs(): Promise<RunningProcess[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command='], {
    maxBuffer: 1 << 24,
  });
  return [...stdout.matchAll(/^\s*(\d+)\s+(.*)$/gm)].map(([, pid, command]) => ({
    pid: Number(pid),
    command: command!,
  }));
}

/** True if the words stand in the command line one after the other, the last one whole. */
export function mentions(one: RunningProcess, ...words: string[]): boolean {
  return `${one.command} `.includes(` ${words.join(' ')} `);
}

/** The processes whose working folder this is (Linux; none elsewhere). */
export async function processesIn(folder: string): Promise<number[]> {
  if (!onLinux) return [];
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return pids.filter((_, index) => folders[index] === folder).map(Number);
}

/** Resolves when the process has ended; for one that is not our child, so that no event tells us. */
export async function untilGone(pid: number, everyMs = 100): Promise<void> {
  while (isRunning(pid)) await sleep(everyMs);
}

/** A signal that should end a process, and how long it may take. */
export interface StopStep {
  signal: NodeJS.Signals;
  waitMs: number;
}

/** Sends the signals one after the other, each when the one before has not ended the process in its time. */
export async function stopProcess(pid: number, steps: readonly StopStep[]): Promise<void> {
  for (const { signal, waitMs } of steps) {
    if (!isRunning(pid)) return;
    sendSignal(pid, signal);
    for (const end = performance.now() + waitMs; performance.now() < end && isRunning(pid);) await sleep(10);
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error; // it ended on its own in this moment
  }
}
