import type { Command } from 'commander';
import { RefusedError } from '../control/terms/refused.js';
import type { Cli } from './cli.js';
import { NoAnswer } from './client/http.js';
import { Failure, Misuse } from './failure.js';
import { answerLines } from './text/lists.js';
import { line } from './text/line.js';

interface Flags {
  databaseUrl: string;
  iHaveFencedIt?: true;
  dryRun?: true;
  json?: true;
}

/** Adds the way around the monolith: straight into the database of the service. */
export const withDatabaseUrl = (command: Command): Command =>
  command.option(
    '--database-url <url>',
    "the service's own database, while the monolith is lost (a password may come as PGPASSWORD)",
  );

/** Who finds no monolith to ask is told of the way around it. */
export const orThere = (asked: Promise<void>): Promise<void> =>
  asked.catch((error: unknown) => {
    if (!(error instanceof NoAnswer) || error.reason === 'too_late') throw error;
    throw new Failure(
      `${error.message}; if the monolith is lost, say it to the database of the service: --database-url postgres://…`,
    );
  });

/** Does it in the database itself: there is no admin API to ask. */
export async function actThere(
  cli: Cli,
  module: string,
  verb: 'failover' | 'serve-unproven',
  { databaseUrl, iHaveFencedIt, dryRun, json }: Flags,
): Promise<void> {
  requireDatabaseUrl(databaseUrl);
  // Loaded when it is needed: no other verb is to wait for it.
  const { actDirectly } = await import('../control/commands/direct.js');
  const act = { module, verb, iHaveFencedIt: iHaveFencedIt ?? false, dryRun: dryRun ?? false };
  const answer = await actDirectly(databaseUrl, act).catch((error: unknown) => {
    throw error instanceof RefusedError ? new Failure(error.message) : error;
  });
  if (answer.refusal !== undefined) cli.exitCode = 1;
  if (json) return cli.out.json(answer);
  cli.out.print(answerLines(answer));
  const { history, unchanged } = ends;
  if (!dryRun) cli.out.print([line(answer.noted ? history : unchanged, 'dim')]);
}

const ends = {
  history: 'it stands in strangler.history of that database',
  unchanged: 'nothing was changed there, nor written down',
};

/** Not by commander, which would repeat what it refuses, with the password in it. @throws {Misuse} */
export function requireDatabaseUrl(url: string): void {
  if (!/^postgres(ql)?:$/.test(protocolOf(url)))
    throw new Misuse('--database-url must be a URL that begins with postgres://');
}

const protocolOf = (url: string): string => (URL.canParse(url) ? new URL(url).protocol : '');
