import type { TestDatabase } from './postgres.js';
import { until } from './until.js';

/** How many sessions of the database wait for a lock that others hold. */
export async function blockedSessions(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ blocked: number }>(
    `select count(*)::int as blocked from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return row?.blocked ?? 0;
}

/** Waits until `count` sessions of the database wait for a lock that others hold. */
export const untilBlocked = (database: TestDatabase, count: number): Promise<true> =>
  until(`${count} sessions wait for a lock`, async () =>
    (await blockedSessions(database)) >= count ? true : undefined,
  );
