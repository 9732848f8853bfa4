import { setTimeout as sleep } from 'node:timers/promises';

/** How long is waited where nothing else is said, in ms. */
export const patienceMs = Number(process.env.UNTIL_MS ?? 80_000);
/** What comes at once is seen at once; what takes long is not asked for so often that it takes longer. In ms. */
const pausesMs = { first: 5, longest: 100, factor: 1.4 };

/** Waits until `probe` gives something. @throws after 80 s, or what a promise allows, naming what did not happen. */
export async function until<T>(
  what: string,
  probe: () => T | undefined | Promise<T | undefined>,
  mostMs = patienceMs,
): Promise<T> {
  const giveUpAt = Date.now() + mostMs;
  for (let pauseMs = pausesMs.first; ; pauseMs = Math.min(pausesMs.longest, pauseMs * pausesMs.factor)) {
    const found = await probe();
    if (found !== undefined) return found;
    if (Date.now() > giveUpAt) throw new Error(`did not happen: ${what}`);
    await sleep(pauseMs);
  }
}

/** Between two tries of a client that is part of a test, as a careful client does. Never to wait for what is tested. */
export const pause = (ms: number): Promise<void> => sleep(ms);
