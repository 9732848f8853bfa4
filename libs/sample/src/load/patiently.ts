import { isDomainError } from 'nestjs-strangler/contract';

/** Nothing was done, or perhaps it was: with the same command id it may be tried again. */
const passing = new Set(['unavailable', 'outcome_unknown']);
const patienceMs = 2_000;
const longestWaitMs = 2_000;

/** Makes a call, again while its module cannot be reached. `call` must carry a command id if it changes anything. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (let waitMs = 100; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    try {
      return await call();
    } catch (error) {
      if (!hasCode(error, passing) || performance.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** The answer, or `undefined` where it ends with that declared code. */
export async function unless<T>(code: string, call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await patiently(call);
  } catch (error) {
    if (hasCode(error, new Set([code]))) return undefined;
    throw error;
  }
}

const hasCode = (error: unknown, codes: ReadonlySet<string>): boolean =>
  isDomainError(error) && codes.has(error.code);
