import type { ActionAnswer } from '#strangler';
import type { Cli } from './cli.js';
import { programName, type ChangingFlags } from './command.js';
import { answerLines } from './text/lists.js';
import { line } from './text/line.js';

/** Asks for an action and shows what it does. What is in `flags` besides the common ones is the request's body. */
export async function act<F extends ChangingFlags>(
  cli: Cli,
  module: string,
  verb: ActionAnswer['verb'],
  flags: F,
): Promise<void> {
  const { json, dryRun, ...body } = flags;
  const answer = await cli.client.act(module, verb, { ...body, ...(dryRun && { dryRun }) });
  if (json) cli.out.json(answer);
  else cli.out.print(answerLines(answer));
}

/** The same for what goes on after it was answered: says where to look. */
export async function start<F extends ChangingFlags>(
  cli: Cli,
  module: string,
  verb: ActionAnswer['verb'],
  flags: F,
): Promise<void> {
  await act(cli, module, verb, flags);
  if (flags.dryRun || flags.json) return;
  cli.out.print([line(`follow it: ${programName} status ${module} --watch`, 'dim')]);
}
