import type { Command } from 'commander';
import { act } from '../act.js';
import type { Cli } from '../cli.js';
import { changing, type ChangingFlags } from '../command.js';
import { Misuse } from '../failure.js';
import { isRoute } from '../route-verbs.js';
import { mismatchLines, routeMismatchLines } from '../text/lists.js';

interface Flags extends ChangingFlags {
  clear?: true;
}

/** `mismatches <module> [--clear]`: shadow reads whose answers differed. */
export const mismatches = (program: Command, cli: Cli): Command =>
  changing(program, 'mismatches <module>', 'the shadow reads whose two answers differed, field by field', {
    'mismatches parcels': 'the newest of them',
    'mismatches /reports': 'of a route of the edge',
    'mismatches parcels --clear': 'forget them, once you have mended what was wrong: the gate begins anew',
  })
    .option('--clear', 'forget what was compared in this step, and the samples')
    .action(async (module: string, { clear, ...flags }: Flags) => {
      if (clear) await act(cli, module, 'mismatches', { ...flags, clear });
      else await list(cli, module, flags);
    });

async function list(
  { client, gateway, out }: Cli,
  module: string,
  { json, dryRun }: ChangingFlags,
): Promise<void> {
  if (dryRun) throw new Misuse('--dry-run goes with --clear: without it nothing is changed');
  if (isRoute(module)) {
    const items = await gateway.mismatches(module);
    return json ? out.json({ items }) : out.print(routeMismatchLines(items));
  }
  const entries = await client.mismatches(module);
  if (json) out.json({ items: entries });
  else out.print(mismatchLines(entries));
}
