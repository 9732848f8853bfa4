import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export interface Pace {
  perSecond: number;
  ms: number;
}

/**
 * Calls back at a fixed rate, one by one, with the time at which each was due. A thread of its own waits for it: timers of Node are up to two ms
 * late, and two calls that come at once wait for each other.
 */
export async function paced(pace: Pace, send: (dueAt: number) => void): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: pace });
  worker.on('message', (at: number) => send(at - performance.timeOrigin));
  await once(worker, 'exit');
}

const now = (): number => performance.timeOrigin + performance.now();

if (!isMainThread && parentPort && (workerData as Pace | null)?.perSecond) {
  const { perSecond, ms } = workerData as Pace;
  const never = new Int32Array(new SharedArrayBuffer(4));
  const began = now();
  const last = (ms / 1_000) * perSecond;
  for (let sent = 0; sent < last; sent++) {
    const due = began + (sent / perSecond) * 1_000;
    for (let left = due - now(); left > 0; left = due - now()) Atomics.wait(never, 0, 0, left);
    parentPort.postMessage(due);
  }
}
