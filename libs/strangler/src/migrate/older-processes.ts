import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { isOlder, release, releaseOf } from '../database/release.js';
import type { Say } from './patience.js';

/** How often it is looked whether they have ended, and the pause between two looks, in ms. */
const mostLooks = 20;
const pauseMs = 1_000;

/**
 * Releases that cannot work on one database: its message is a sentence for the operator.
 *
 * @example
 * ```ts
 * await migrate(client).catch((error: unknown) => {
 *   if (!(error instanceof MigrationRefused)) throw error;
 *   console.error(error.message); // names the processes that have to end first
 *   globalThis.process.exit(1);
 * });
 * ```
 */
export class MigrationRefused extends Error {}

interface Session {
  pid: number;
  name: string;
  address: string | null;
}

/**
 * Waits until no process is connected that is older than `lowest`: a migration makes the database one that it cannot work on. Who
 * connects later is refused by the database. @throws {MigrationRefused} naming those that are there after 20 s.
 *
 * @internal
 */
export async function olderProcessesGone(client: ClientBase, lowest: string, say: Say): Promise<void> {
  for (let looks = 1; ; looks++) {
    const older = (await sessions(client)).filter(({ name }) => isOlder(releaseOf(name) ?? lowest, lowest));
    if (older.length === 0) return;
    if (looks === 1) say(`the upgrade waits: ${sentence(older, lowest)}`);
    if (looks === mostLooks) throw new MigrationRefused(sentence(older, lowest));
    await sleep(pauseMs);
  }
}

/** @throws {MigrationRefused} when the database takes no processes of this release any more. */
export async function assertAdmitted(client: ClientBase): Promise<void> {
  const knows = await client.query<{ here: boolean }>(
    `select to_regproc('strangler.lowest_release') is not null as here`,
  );
  if (!knows.rows[0]?.here) return;
  const { rows } = await client.query<{ lowest: string }>(
    'select strangler.release_text(strangler.lowest_release()) as lowest',
  );
  const lowest = rows[0]?.lowest ?? '0.1.0';
  if (!isOlder(release, lowest)) return;
  throw new MigrationRefused(
    `the database was upgraded to ${lowest}, and this process is of ${release}: start one of ${lowest} or later`,
  );
}

/** Whose sessions are of another role, or of another machine, shows its name, too. */
async function sessions(client: ClientBase): Promise<Session[]> {
  const { rows } = await client.query<Session>(
    `select pid, application_name as name, host(client_addr) as address from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and application_name like 'strangler%'`,
  );
  return rows;
}

function sentence(older: readonly Session[], lowest: string): string {
  const releases = [...new Set(older.map(({ name }) => releaseOf(name)))].join(', ');
  const who = older
    .slice(0, 5)
    .map(({ name, pid, address }) => `${name} (${address ?? 'local'}, session ${pid})`);
  const more = older.length > who.length ? ` and ${older.length - who.length} more` : '';
  return `processes of ${releases} are connected to this database, and cannot work on it after its upgrade to ${lowest}: stop all of them, then start ${lowest}: ${who.join(', ')}${more}`;
}
