import type { ActionAnswer } from '../../control/commands/operator.js';
import type { ModuleStatus } from '../../control/terms/views.js';
import type { Cli } from '../cli.js';
import { Failure } from '../failure.js';
import { NoAnswer } from '../client/http.js';
import { progressLine } from '../text/bar.js';
import { duration } from '../text/figures.js';
import { joined, line, type Line } from '../text/line.js';
import { leftText } from '../text/moving.js';
import { phaseLine, wantedText } from '../text/phase.js';
import { standing } from '../text/standing.js';
import { Arrival } from './arrival.js';
import { ProgressLine } from './progress-line.js';
import { sleepUnless, untilStopped } from './stop.js';

const everyMs = 500;

interface Wait {
  goal: NonNullable<ActionAnswer['goal']>;
  timeoutMs: number;
}

/** Waits until the module is where an action leads. @throws {Failure} when it turns round, or is late. */
export async function waitForGoal(
  { client, aside, program }: Cli,
  before: ModuleStatus,
  { goal, timeoutMs }: Wait,
): Promise<ModuleStatus> {
  const { module } = before;
  const arrival = new Arrival(before, goal);
  const progress = new ProgressLine(aside);
  const giveUpAt = performance.now() + timeoutMs;
  try {
    return await untilStopped(async (stop) => {
      for (let status = await client.module(module); ; status = await next(status)) {
        const seen = arrival.see(status);
        if (seen === 'there') return status;
        if (seen === 'turned') throw new Failure(`${module} goes elsewhere now: ${standing(status)}`);
        if (performance.now() > giveUpAt) {
          throw new Failure(`not done after ${duration(timeoutMs / 1_000)}, it goes on: ${standing(status)}`);
        }
        progress.show(progressOf(status));
        if (!(await sleepUnless(stop, everyMs))) {
          throw new Failure(`stopped waiting, it goes on: ${program} status ${module} --watch`);
        }
      }
    });
  } finally {
    progress.end();
  }

  /** A shop that starts again is waited for. */
  function next(last: ModuleStatus): Promise<ModuleStatus> {
    return client.module(module).catch((error: unknown) => {
      if (error instanceof NoAnswer) return last;
      throw error;
    });
  }
}

/** What it does now, with a bar and an ETA where there is something to count. */
function progressOf(status: ModuleStatus): Line {
  const { module, backfill, verify, waitingFor } = status;
  const copying = backfill !== null && backfill.done < backfill.total;
  return joined([
    line(module, 'bold'),
    phaseLine(status),
    line(wantedText(status)),
    line(leftText(status)),
    copying ? joined([line('backfill'), progressLine(backfill, 8)]) : [],
    verify.running ? joined([line('verify'), progressLine(verify.running, 8)]) : [],
    line(copying || verify.running ? '' : (waitingFor ?? ''), 'dim'),
  ]);
}
