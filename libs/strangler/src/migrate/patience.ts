import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryConfig } from 'pg';

/**
 * Hears whom or what a migration waits for, as a sentence.
 *
 * @example
 * ```ts
 * const say: Say = (sentence) => console.warn(sentence);
 * ```
 */
export type Say = (sentence: string) => void;

/**
 * Settings of a session that migrates, whatever the role says: with limits of a role it would be cut off in the middle, at each start
 * anew. And the server ends it, with its locks, some 25 s after its process has vanished.
 *
 * @internal
 */
export const asLongAsItTakes = {
  statement_timeout: 0,
  lock_timeout: 0,
  idle_session_timeout: 0,
  idle_in_transaction_session_timeout: 0,
  tcp_keepalives_idle: 10,
  tcp_keepalives_interval: 5,
  tcp_keepalives_count: 3,
} as const;

/** The longest that Node can wait, 24 days in ms. */
const longestMs = 2 ** 31 - 1;

/** A statement that a client waits for as long as it takes; to pg a timeout of 0 is that of the client. */
export const withoutTimeout = (text: string): QueryConfig => {
  const patient = { text, query_timeout: longestMs };
  return patient;
};

/**
 * How long a lock on a table is waited for, and the pause in which others have their turn, in ms.
 *
 * @internal
 */
export const lockTimeoutMs = 2_000;
const pauseMs = 1_000;
const mostTries = 20;
const lockNotAvailable = '55P03';

/**
 * Tries again while somebody else holds a lock on a table: a migration may take as long as it needs, but not let those queue up for long
 * who come after it for the same table. `work` waits for a lock for {@link lockTimeoutMs}. @throws its last error, with 55P03.
 *
 * @internal
 */
export async function inTurns(work: () => Promise<unknown>, say: Say): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== lockNotAvailable || tries === mostTries) throw error;
      say(`a migration waits for a table that a long transaction holds (try ${tries} of ${mostTries})`);
      await sleep(pauseMs);
    }
  }
}
