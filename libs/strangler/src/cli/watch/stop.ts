import { setTimeout as sleep } from 'node:timers/promises';

/** Aborted by Ctrl-C or SIGTERM, while `work` runs. */
export async function untilStopped<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}

/** Waits; false, and at once, when `stop` says so. */
export const sleepUnless = (stop: AbortSignal, ms: number): Promise<boolean> =>
  sleep(ms, true, { signal: stop }).catch(() => false);
