import { assertPooled, StartError } from '#platform';
import type { FindingSource } from 'nestjs-strangler';
import type { Settings } from './config.js';

/** What `doctor` finds out about the sessions behind a pooler: somebody may have changed them since the start. */
export const sessionFindings =
  ({ databaseUrl: url, directUrl: direct }: Settings): FindingSource =>
  async () => {
    if (url === undefined || direct === undefined) return [];
    const problem = await problemOf({ url, direct });
    if (problem === null) return [];
    return [
      {
        module: null,
        problem,
        meaning: 'commands run in these sessions; a program that starts now refuses to',
        remedy: 'do what it says, and have the pooler make its connections anew',
        repairable: false,
      },
    ];
  };

const problemOf = (ways: { url: string; direct: string }): Promise<string | null> =>
  assertPooled(ways, 'DATABASE_URL').then(
    () => null,
    (error: unknown) => {
      if (error instanceof StartError) return error.message;
      throw error;
    },
  );
