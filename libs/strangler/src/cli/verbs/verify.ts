import type { ModuleStatus } from '../../control/terms/views.js';
import type { Command } from 'commander';
import { act } from '../act.js';
import type { Cli } from '../cli.js';
import { changing, waiting, type ChangingFlags } from '../command.js';
import { Misuse } from '../failure.js';
import { isRoute } from '../route-verbs.js';
import { number } from '../text/figures.js';
import { line, type Line } from '../text/line.js';
import { waitForVerify } from '../watch/wait-for-verify.js';

interface Flags extends ChangingFlags {
  repair?: true;
  /** False with `--no-wait`. */
  wait: boolean;
  timeout: number;
}

/** `verify <module> [--repair]`: compares all rows of both sides, and waits for the result. */
export const verify = (program: Command, cli: Cli): Command =>
  waiting(
    changing(program, 'verify <module>', 'compare all rows of both sides; exit code 1 when they differ', {
      'verify parcels': 'wait for the result',
      'verify parcels --repair': 'the owner’s rows win; then compare once more',
      'verify parcels --no-wait': 'only begin it',
    }),
  )
    .option('--repair', 'copy the owner’s row over each that differs')
    .option('--wait', 'wait for the result, as it does anyway', true)
    .option('--no-wait', 'do not wait for the result')
    .action(async (module: string, { wait, timeout, ...flags }: Flags) => {
      if (isRoute(module)) throw new Misuse(noRows(cli.program, module));
      if (!wait || flags.dryRun) return act(cli, module, 'verify', flags);
      const { verify: found } = await runAndWait(cli, module, timeout * 1_000, flags.repair);
      const repaired = flags.repair && found.differences > 0;
      // What was repaired is proved by a look that repairs nothing.
      const { verify: result } = repaired
        ? await runAndWait(cli, module, timeout * 1_000)
        : { verify: found };
      const { rows, differences, checkedAt } = result;
      const outcome = {
        module,
        rows,
        differences,
        checkedAt,
        ...(repaired && { repaired: found.differences }),
      };
      if (flags.json) cli.out.json(outcome);
      else cli.out.print(outcomeLines(cli.program, outcome));
      if (differences > 0) cli.exitCode = 1;
    });

const noRows = (program: string, route: string): string =>
  `a route has no rows to compare; its answers are, with "shadow: 0.1" in its entry of strangler.yaml: ${program} mismatches ${route}`;

async function runAndWait(cli: Cli, module: string, timeoutMs: number, repair?: true): Promise<ModuleStatus> {
  const before = await cli.client.module(module);
  await cli.client.act(module, 'verify', { ...(repair && { repair }) });
  return waitForVerify(cli, module, { before: before.verify.checkedAt, timeoutMs });
}

interface Outcome {
  module: string;
  rows: number;
  differences: number;
  repaired?: number;
}

function outcomeLines(program: string, { module, rows, differences, repaired = 0 }: Outcome): Line[] {
  const first = repaired > 0 ? [line(`${module}: ${number(repaired)} rows differed and were repaired`)] : [];
  if (differences === 0)
    return [...first, line(`${module}: ${number(rows)} rows, the same on both sides`, 'green')];
  return [
    ...first,
    line(`${module}: ${number(rows)} rows, ${number(differences)} of them differ`, 'red'),
    line(`which: ${program} history ${module} · the owner’s rows win: ${program} verify ${module} --repair`),
  ];
}
