import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { beginning, type BeginningFlags } from '../command.js';
import { Misuse } from '../failure.js';

interface Flags extends BeginningFlags {
  confirm?: string;
  purge?: true;
}

/** `decommission <module> --confirm <module> [--purge]`: the step without a way back. */
export const decommission = (program: Command, cli: Cli): Command =>
  beginning(
    program,
    'decommission <module>',
    'retire the monolith’s tables of the module: there is no way back',
    {
      'decommission parcels --confirm parcels --dry-run':
        'what would be retired, and what still stands in its way',
      'decommission parcels --confirm parcels': 'the tables go to schema parcels_retired',
      'decommission parcels --confirm parcels --purge': 'and are dropped',
    },
  )
    .option('--confirm <module>', 'the module’s name once more')
    .option('--purge', 'drop the retired tables')
    .action(async (module: string, flags: Flags) => {
      if (flags.confirm !== module) {
        throw new Misuse(`decommission has no way back: say the name once more, --confirm ${module}`);
      }
      await start(cli, module, 'decommission', flags);
    });
