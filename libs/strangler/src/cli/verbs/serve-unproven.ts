import type { Command } from 'commander';
import { act } from '../act.js';
import type { Cli } from '../cli.js';
import { changing, type ChangingFlags } from '../command.js';
import { actThere, orThere, withDatabaseUrl } from '../direct.js';
import { Misuse } from '../failure.js';

interface Flags extends ChangingFlags {
  iHaveFencedIt?: true;
  databaseUrl?: string;
}

/** `serve-unproven <module> --i-have-fenced-it`: takes writes of a module though nobody can say that its database is as it was. */
export const serveUnproven = (program: Command, cli: Cli): Command =>
  withDatabaseUrl(
    changing(
      program,
      'serve-unproven <module>',
      'take writes though nobody can say that the database is as it was',
      {
        'serve-unproven parcels --dry-run': 'whether it is needed',
        'serve-unproven parcels --i-have-fenced-it':
          'do it; the database was not put back, and nobody else owns the module',
        'serve-unproven parcels --database-url postgres://… --dry-run':
          'the monolith is lost: of the service',
      },
    ),
  )
    .option(
      '--i-have-fenced-it',
      'your word that the database is as it was, and that the other side owns nothing of it',
    )
    .action(async (module: string, { iHaveFencedIt, databaseUrl, ...flags }: Flags) => {
      if (!iHaveFencedIt && !flags.dryRun) {
        throw new Misuse(
          'a database that was put back loses writes when it is served, and makes two owners: see that it was not, ' +
            'then say --i-have-fenced-it (or look first, with --dry-run)',
        );
      }
      if (databaseUrl !== undefined)
        return actThere(cli, module, 'serve-unproven', {
          ...flags,
          databaseUrl,
          ...(iHaveFencedIt && { iHaveFencedIt }),
        });
      await orThere(act(cli, module, 'serve-unproven', { ...flags, iHaveFencedIt: iHaveFencedIt ?? false }));
    });
