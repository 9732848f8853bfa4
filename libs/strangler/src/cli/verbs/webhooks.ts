import type { Command } from 'commander';
import { nearest } from '../../control/terms/nearest.js';
import type { Cli } from '../cli.js';
import { changing, type ChangingFlags } from '../command.js';
import { Failure, Misuse } from '../failure.js';
import { answerLines } from '../text/lists.js';
import { webhookLines } from '../text/webhooks.js';

interface Flags extends ChangingFlags {
  resend?: true;
}

/** `webhooks [name] [--resend]`: who is told of history entries, and how far that is; has one called now. */
export const webhooks = (program: Command, cli: Cli): Command =>
  changing(program, 'webhooks [name]', 'who is told of history entries, and how far that is', {
    webhooks: 'all of them',
    'webhooks pager --resend': 'call it now, also with what has failed',
  })
    .option('--resend', 'call it now with what waits, and with what has failed as if it were new')
    .action(async (name: string | undefined, { resend, json, dryRun }: Flags) => {
      if (resend) return resendTo(cli, name, { json, dryRun });
      if (dryRun) throw new Misuse('--dry-run goes with --resend: without it nothing is changed');
      const all = await cli.client.webhooks();
      const items = all.filter((each) => name === undefined || each.name === name);
      if (name !== undefined && items.length === 0)
        throw new Failure(
          unknown(
            name,
            all.map((each) => each.name),
          ),
        );
      if (json) cli.out.json({ items });
      else cli.out.print(webhookLines(items));
    });

async function resendTo(cli: Cli, name: string | undefined, { json, dryRun }: ChangingFlags): Promise<void> {
  if (name === undefined) throw new Misuse('--resend goes with a name: webhooks has them');
  const answer = await cli.client.resendWebhook(name, { ...(dryRun && { dryRun }) });
  if (json) cli.out.json(answer);
  else cli.out.print(answerLines({ ...answer, module: answer.webhook }));
  if (answer.refusal !== undefined) cli.exitCode = 1;
}

const unknown = (name: string, names: readonly string[]): string =>
  `there is no webhook ${name}${names.length > 0 ? nearest(name, names) : ': none is set'}`;
