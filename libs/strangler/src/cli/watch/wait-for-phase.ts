import type { Cli } from '../cli.js';
import { Failure } from '../failure.js';
import { NoAnswer } from '../client/http.js';
import { duration } from '../text/figures.js';
import { line } from '../text/line.js';
import { standing } from '../text/standing.js';
import { sleepUnless, untilStopped } from './stop.js';

const everyMs = 500;

/** Waits until the module is in a phase; says beside, once each, what it waits for. @throws {Failure} when it is late. */
export async function waitForPhase(
  { client, aside }: Cli,
  module: string,
  { phase, timeoutMs }: { phase: string; timeoutMs: number },
): Promise<void> {
  const giveUpAt = performance.now() + timeoutMs;
  // The first look may fail for good (no such module); later ones wait for a shop that starts again.
  let status = await client.module(module);
  let said = '';
  const arrived = await untilStopped(async (stop) => {
    while (status.phase !== phase) {
      const now = standing(status);
      if (now !== said) aside.print([line((said = now))]);
      if (performance.now() > giveUpAt) return false;
      if (!(await sleepUnless(stop, everyMs))) throw new Failure(`stopped; ${now}`);
      status = await client.module(module).catch((error: unknown) => {
        if (error instanceof NoAnswer) return status;
        throw error;
      });
    }
    return true;
  });
  if (!arrived) {
    throw new Failure(`not in phase ${phase} after ${duration(timeoutMs / 1_000)}: ${standing(status)}`);
  }
}
