import { DomainError, type DomainErrorData } from 'nestjs-strangler/contract';

/** What a call was refused with. @throws when it was not refused, or ended with anything but a declared error. */
export async function refusal(call: Promise<unknown>): Promise<{ code: string; data: DomainErrorData }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof DomainError) return { code: error.code, data: error.data };
    throw error;
  }
  throw new Error('the call was expected to be refused, and was answered');
}

/** How many calls ended in which way: `ok`, or the code of the error. */
export async function outcomes(calls: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const ended of await Promise.allSettled(calls)) {
    const outcome = ended.status === 'fulfilled' ? 'ok' : String((ended.reason as { code?: string }).code);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}
