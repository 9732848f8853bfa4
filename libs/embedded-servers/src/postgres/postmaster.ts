import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, isTaken, mentions, processesIn, runningProcesses, stopProcess } from '../processes.js';

/** What postmaster.pid says about the server that works on a data folder. */
interface Postmaster {
  pid: number;
  port: number;
  status: string;
}

async function readPidFile(data: string): Promise<Postmaster | undefined> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 ? { pid, port, status: lines[7]?.trim() ?? '' } : undefined;
}

/**
 * The process of the PostgreSQL that works on this folder, if one lives. The file alone proves nothing: after a
 * kill or a container's restart the number in it may belong to any other process.
 */
export async function livingPostmaster(data: string): Promise<number | undefined> {
  const noted = await readPidFile(data);
  if (!noted || !isRunning(noted.pid)) return undefined;
  const one = (await runningProcesses()).find((running) => running.pid === noted.pid);
  return one && mentions(one, '-D', data) ? noted.pid : undefined;
}

/**
 * Clears what a killed PostgreSQL leaves in the way of the next; call it when none lives.
 * Its workers end on their own but for one deep in a query; killing that adds nothing to the crash that there was.
 * PostgreSQL replaces a stale postmaster.pid itself, unless its number now belongs to somebody else (or a zombie).
 */
export async function clearRemains(data: string): Promise<void> {
  const workers = await processesIn(data);
  await Promise.all(workers.map((worker) => stopProcess(worker, [{ signal: 'SIGKILL', waitMs: 5_000 }])));
  const noted = await readPidFile(data);
  if (noted && isTaken(noted.pid)) await rm(join(data, 'postmaster.pid'), { force: true });
}

/**
 * Waits until the server says that it is ready, and answers on its port, which is returned; nothing once its process
 * has ended. Its word is not enough: it may have been told to stop in that moment by a keeper that died then.
 */
export async function untilReady(
  data: string,
  pid: number,
  answers: (port: number) => Promise<boolean>,
  signal: AbortSignal,
): Promise<number | undefined> {
  while (isRunning(pid)) {
    const noted = await readPidFile(data);
    if (noted?.pid === pid && noted.status === 'ready' && (await answers(noted.port))) return noted.port;
    await sleep(15, undefined, { signal });
  }
  return undefined;
}
