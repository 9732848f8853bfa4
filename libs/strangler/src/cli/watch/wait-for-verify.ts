import type { ModuleStatus } from '../../control/terms/views.js';
import type { Cli } from '../cli.js';
import { Failure } from '../failure.js';
import { NoAnswer } from '../client/http.js';
import { progressLine } from '../text/bar.js';
import { joined, line } from '../text/line.js';
import { ProgressLine } from './progress-line.js';
import { sleepUnless, untilStopped } from './stop.js';
import { VerifyRun } from './verify-run.js';

const everyMs = 500;

/** Waits for the run of verify that was just asked for, with a bar. @throws {Failure} when it ends without a result. */
export async function waitForVerify(
  cli: Cli,
  module: string,
  { before, timeoutMs }: { before: string | null; timeoutMs: number },
): Promise<ModuleStatus> {
  const run = new VerifyRun(before);
  const why = lookAt(cli.program, module);
  const progress = new ProgressLine(cli.aside);
  const giveUpAt = performance.now() + timeoutMs;
  try {
    return await untilStopped(async (stop) => {
      let status = await cli.client.module(module);
      for (let seen = run.see(status.verify); seen !== 'done'; seen = run.see(status.verify)) {
        if (seen === 'stopped') throw new Failure(`verify of ${module} ended without a result: ${why}`);
        if (performance.now() > giveUpAt)
          throw new Failure(`verify of ${module} is not done in time and goes on: ${why}`);
        const { running } = status.verify;
        if (running) progress.show(joined([line(`verify ${module}`), progressLine(running)]));
        if (!(await sleepUnless(stop, everyMs))) throw new Failure(`verify of ${module} goes on: ${why}`);
        status = await cli.client.module(module).catch((error: unknown) => {
          if (error instanceof NoAnswer) return status;
          throw error;
        });
      }
      return status;
    });
  } finally {
    progress.end();
  }
}

const lookAt = (program: string, module: string): string =>
  `see ${program} status ${module}, or history ${module}`;
