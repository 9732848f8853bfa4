import { Option, type Command } from 'commander';
import { act } from '../act.js';
import type { Cli } from '../cli.js';
import { changing, wholeNumbers, type ChangingFlags } from '../command.js';
import { Misuse } from '../failure.js';
import { quarantinedLines } from '../text/lists.js';

interface Flags extends ChangingFlags {
  retry?: number[];
  discard?: number[];
}

/** `quarantined <module> [--retry|--discard <id>…]`: rows that can never be applied as they are. */
export const quarantined = (program: Command, cli: Cli): Command =>
  changing(
    program,
    'quarantined <module>',
    'list rows that could not be stored on the other side; free them',
    {
      'quarantined parcels': 'which, and why',
      'quarantined parcels --retry 17 18': 'send them again, after you repaired them',
      'quarantined parcels --discard 17': 'forget that it changed: verify will then find a difference',
    },
  )
    .alias('parked')
    .addOption(new Option('--retry <id...>', 'send these again').argParser(wholeNumbers).conflicts('discard'))
    .addOption(new Option('--discard <id...>', 'forget these').argParser(wholeNumbers))
    .action(async (module: string, { retry, discard, ...flags }: Flags) => {
      const ids = retry ?? discard;
      if (ids) await act(cli, module, 'quarantined', { ...flags, how: retry ? 'retry' : 'discard', ids });
      else await list(cli, module, flags);
    });

async function list({ client, out }: Cli, module: string, { json, dryRun }: ChangingFlags): Promise<void> {
  if (dryRun) throw new Misuse('--dry-run goes with --retry or --discard: without them nothing is changed');
  const rows = await client.quarantined(module);
  if (json) out.json({ items: rows });
  else out.print(quarantinedLines(rows));
}
