import type { ActionAnswer } from '../../control/commands/operator.js';
import type { Finding } from '../../control/terms/views.js';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { changing, type ChangingFlags } from '../command.js';
import { Misuse } from '../failure.js';
import { answerLines, findingLines } from '../text/lists.js';

interface Flags extends ChangingFlags {
  repair?: true;
}

/** `doctor [module] [--repair]`: what is stuck, what it means, what frees it. */
export const doctor = (program: Command, cli: Cli): Command =>
  changing(
    program,
    'doctor [module]',
    'find and explain anything stuck; exit code 1 when something is to be done',
    {
      doctor: 'all modules',
      'doctor parcels --repair': 'free what can be freed without a decision of yours',
    },
  )
    .option('--repair', 'free what can be freed safely')
    .action(async (module: string | undefined, { repair, json, dryRun }: Flags) => {
      if (dryRun && !repair) throw new Misuse('--dry-run goes with --repair: without it nothing is changed');
      const findings = await cli.client.doctor(module);
      const answers = repair ? await repairAll(cli, findings, dryRun) : [];
      if (json) cli.out.json({ items: findings, ...(repair && { repairs: answers }) });
      else cli.out.print([...findingLines(findings), ...answers.flatMap((one) => [[], ...answerLines(one)])]);
      const open = findings.filter(({ byItself }) => !byItself);
      if (open.some(({ repairable }) => !repair || dryRun || !repairable)) cli.exitCode = 1;
    });

async function repairAll(
  { client }: Cli,
  findings: Finding[],
  dryRun: true | undefined,
): Promise<ActionAnswer[]> {
  const modules = new Set(
    findings.flatMap(({ module, repairable }) => (repairable && module ? [module] : [])),
  );
  const answers: ActionAnswer[] = [];
  for (const module of modules) {
    answers.push(await client.act(module, 'doctor', { repair: true, ...(dryRun && { dryRun }) }));
  }
  return answers;
}
