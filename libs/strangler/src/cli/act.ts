import type { ActionAnswer } from '../control/commands/operator.js';
import type { Cli } from './cli.js';
import type { BeginningFlags, ChangingFlags } from './command.js';
import { answerLines } from './text/lists.js';
import { line } from './text/line.js';
import { actOnRoute } from './route.js';
import { isRoute } from './route-verbs.js';
import { waitForGoal } from './watch/wait-for-goal.js';

type Verb = ActionAnswer['verb'];

/** Asks for an action and shows what it does; a dry run that tells of a refusal ends with exit code 1. */
export async function act<F extends ChangingFlags>(
  cli: Cli,
  module: string,
  verb: Verb,
  flags: F,
): Promise<void> {
  if (isRoute(module)) return actOnRoute(cli, module, verb, flags);
  const { refusal } = await show(cli, module, verb, flags);
  if (refusal !== undefined) cli.exitCode = 1;
}

/** Asks for an action and shows what it does. What is in `flags` besides the common ones is the request's body. */
export async function show<F extends ChangingFlags>(
  cli: Cli,
  module: string,
  verb: Verb,
  flags: F,
): Promise<ActionAnswer> {
  const { json, ...body } = flags;
  const answer = await cli.client.act(module, verb, body);
  if (json) cli.out.json(answer);
  else cli.out.print(answerLines(answer));
  return answer;
}

/** The same for what goes on after it was answered: waits for its end, or says where to look. */
export async function start<F extends BeginningFlags>(
  cli: Cli,
  module: string,
  verb: Verb,
  { wait, timeout, ...flags }: F,
): Promise<void> {
  if (isRoute(module)) return actOnRoute(cli, module, verb, flags, wait ? timeout * 1_000 : undefined);
  if (wait && !flags.dryRun) return follow(cli, module, verb, flags, timeout * 1_000);
  await act(cli, module, verb, flags);
  if (flags.dryRun || flags.json) return;
  cli.out.print([line(`follow it: ${cli.program} status ${module} --watch`, 'dim')]);
}

async function follow(
  cli: Cli,
  module: string,
  verb: Verb,
  { json, ...body }: ChangingFlags,
  timeoutMs: number,
): Promise<void> {
  const before = await cli.client.module(module);
  const answer = await cli.client.act(module, verb, body);
  if (!json) cli.out.print(answerLines(answer));
  const status = answer.goal && (await waitForGoal(cli, before, { goal: answer.goal, timeoutMs }));
  if (json) cli.out.json({ ...answer, ...(status && { status }) });
  else if (status) cli.out.print([line(`${module}: done, in phase ${status.phase}`, 'green')]);
}
