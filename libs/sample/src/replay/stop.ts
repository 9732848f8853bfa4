import { setTimeout as sleep } from 'node:timers/promises';

/** Npm passes on a Ctrl-C that the terminal has sent us already: what comes so soon is the same one. */
const sameOneMs = 1_000;

/** Ctrl-C or SIGTERM aborts the signal; a second one, from someone who does not want to wait, ends the process at once. */
export function stopOnSignal(): AbortSignal {
  const stop = new AbortController();
  let first = 0;
  const onSignal = () => {
    if (!stop.signal.aborted) first = performance.now();
    else if (performance.now() - first > sameOneMs) process.exit(130);
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return stop.signal;
}

/** Waits; false, and at once, when `stop` says so. */
export const sleepUnless = (stop: AbortSignal, ms: number): Promise<boolean> =>
  sleep(ms, true, { signal: stop }).catch(() => false);
