import type { Command } from 'commander';
import { start } from '../act.js';
import type { Cli } from '../cli.js';
import { beginning, type BeginningFlags } from '../command.js';
import { actThere, orThere, withDatabaseUrl } from '../direct.js';
import { Misuse } from '../failure.js';

interface Flags extends BeginningFlags {
  iHaveFencedIt?: true;
  databaseUrl?: string;
}

/** `failover <module> --i-have-fenced-it`: goes on without a side that is gone for good. */
export const failover = (program: Command, cli: Cli): Command =>
  withDatabaseUrl(
    beginning(program, 'failover <module>', 'go on without the other side, which is gone for good', {
      'failover parcels --dry-run': 'what may be missing afterwards',
      'failover parcels --i-have-fenced-it': 'do it; its database can take no writes any more',
      'failover parcels --database-url postgres://… --dry-run':
        'the monolith is lost: the service takes over',
    }),
  )
    .option('--i-have-fenced-it', 'your word that the lost side cannot write any more')
    .action(async (module: string, { iHaveFencedIt, databaseUrl, ...flags }: Flags) => {
      if (!iHaveFencedIt && !flags.dryRun) {
        throw new Misuse(
          'failover may lose writes, and makes two owners if the lost side still writes: stop its database for good, ' +
            'then say --i-have-fenced-it (or look first, with --dry-run)',
        );
      }
      if (databaseUrl !== undefined)
        return actThere(cli, module, 'failover', {
          ...flags,
          databaseUrl,
          ...(iHaveFencedIt && { iHaveFencedIt }),
        });
      await orThere(start(cli, module, 'failover', { ...flags, iHaveFencedIt: iHaveFencedIt ?? false }));
    });
