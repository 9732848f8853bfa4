import { Option, type Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModuleStatus, RowDifference } from '../../control/terms/views.js';
import { act } from '../act.js';
import type { Cli } from '../cli.js';
import { changing, waiting, type ChangingFlags } from '../command.js';
import { Failure, Misuse } from '../failure.js';
import { isRoute } from '../route-verbs.js';
import { number } from '../text/figures.js';
import { line, type Line } from '../text/line.js';
import { differenceLines } from '../text/row-differences.js';
import { waitForVerify } from '../watch/wait-for-verify.js';

interface Flags extends ChangingFlags {
  repair?: true;
  last?: true;
  /** False with `--no-wait`. */
  wait: boolean;
  timeout: number;
}

/** `verify <module> [--repair|--last]`: compares all rows of both sides, and waits for the result. */
export const verify = (program: Command, cli: Cli): Command =>
  waiting(
    changing(program, 'verify <module>', 'compare all rows of both sides; exit code 1 when they differ', {
      'verify parcels': 'wait for the result: how many rows, and which differ',
      'verify parcels --last': 'what the last comparison has found, without another one',
      'verify parcels --repair': 'the owner’s rows win, and all is compared once more',
      'verify parcels --no-wait': 'only begin it',
    }),
  )
    .addOption(new Option('--repair', 'copy the owner’s row over each that differs').conflicts(['last']))
    .addOption(new Option('--last', 'look at the last result, and compare nothing').conflicts(['dryRun']))
    .option('--wait', 'wait for the result, as it does anyway', true)
    .option('--no-wait', 'do not wait for the result')
    .action(async (module: string, { wait, timeout, last, ...flags }: Flags) => {
      if (isRoute(module)) throw new Misuse(noRows(cli.program, module));
      if (last) return tell(cli, flags, await lastOf(cli, module));
      if (!wait || flags.dryRun) return act(cli, module, 'verify', flags);
      await tell(cli, flags, await runAndWait(cli, module, timeout * 1_000, flags.repair));
    });

const noRows = (program: string, route: string): string =>
  `a route has no rows to compare; its answers are, with "shadow: 0.1" in its entry of strangler.yaml: ${program} mismatches ${route}`;

async function runAndWait(cli: Cli, module: string, timeoutMs: number, repair?: true): Promise<Result> {
  const before = await cli.client.module(module);
  const [newest] = repair ? await cli.client.history(module, 1) : [];
  await cli.client.act(module, 'verify', { ...(repair && { repair }) });
  const { verify: found } = await waitForVerify(cli, module, { before: before.verify.checkedAt, timeoutMs });
  const repaired = repair && (await repairedSince(cli, module, newest?.id ?? 0));
  return { module, ...found, ...(repaired !== undefined && { repaired }) };
}

/** How many rows a run has repaired, which its entry in the history tells, a moment after its result. `undefined`: that cannot be said. */
async function repairedSince({ client }: Cli, module: string, id: number): Promise<number | undefined> {
  for (let tries = 0; tries < 10; tries++) {
    const entries = await client.history(module, 20);
    const told = entries.find((entry) => entry.id > id && typeof entry.figures.repaired === 'number');
    if (told) return told.figures.repaired as number;
    await sleep(200);
  }
  return undefined;
}

async function lastOf(cli: Cli, module: string): Promise<Result> {
  const { verify } = await cli.client.module(module);
  if (verify.checkedAt === null)
    throw new Failure(`the rows of ${module} were not compared yet: ${cli.program} verify ${module}`);
  return { module, ...verify };
}

type Result = Pick<ModuleStatus['verify'], 'rows' | 'differences' | 'checkedAt'> & {
  module: string;
  repaired?: number;
};

/** Says what was found, with the rows that differ: by the exit code, too. */
async function tell(cli: Cli, { json }: ChangingFlags, result: Result): Promise<void> {
  const { module, rows, differences, checkedAt, repaired } = result;
  if (differences > 0) cli.exitCode = 1;
  const differing = differences > 0 ? await differingRows(cli, module) : [];
  const outcome = { module, rows, differences, checkedAt, ...(repaired !== undefined && { repaired }) };
  if (json) cli.out.json({ ...outcome, differing });
  else cli.out.print(outcomeLines(cli.program, { ...outcome, differing }));
}

/** Null where they cannot be had, as in an application of a release before: the result counts without them. */
async function differingRows({ client }: Cli, module: string): Promise<RowDifference[] | null> {
  try {
    return await client.differences(module);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

function outcomeLines(
  program: string,
  { module, rows, differences, repaired = 0, differing }: Result & { differing: RowDifference[] | null },
): Line[] {
  const first = repaired > 0 ? [line(`${module}: ${number(repaired)} rows differed and were repaired`)] : [];
  if (differences === 0)
    return [...first, line(`${module}: ${number(rows)} rows, the same on both sides`, 'green')];
  return [
    ...first,
    line(`${module}: ${number(rows)} rows, ${number(differences)} of them differ`, 'red'),
    ...(differing ? differenceLines(differing, differences) : [line(`which: ${program} history ${module}`)]),
    line(`the owner’s rows win: ${program} verify ${module} --repair`),
  ];
}
