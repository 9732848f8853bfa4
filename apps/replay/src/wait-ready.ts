import { sleepUnless } from '#sample';

const patienceMs = 60_000;
const againMs = 500;

/** Waits while a shop says that it is not ready: it still loads the sample, perhaps into a service that just started. */
export async function waitUntilReady(
  url: string,
  stop: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  for (let told = false; (await isFilling(url)) && performance.now() < giveUpAt; told = true) {
    if (!told) say(`the shop at ${url} is still being filled: waiting`);
    if (!(await sleepUnless(stop, againMs))) return;
  }
}

/** Whether it answers that it is not ready. One that does not answer at all is dealt with when it is logged in to. */
async function isFilling(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`)).status === 503;
  } catch {
    return false;
  }
}
