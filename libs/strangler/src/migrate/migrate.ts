import type { ClientBase } from 'pg';
import { assertAdmitted, olderProcessesGone } from './older-processes.js';
import { onlyOne } from './only-one.js';
import { inTurns, lockTimeoutMs, withoutTimeout, type Say } from './patience.js';
import { pendingAfter, type Pending } from './pending.js';

/**
 * How a migration is watched.
 *
 * @example
 * ```ts
 * const options: MigrateOptions = { say: console.warn };
 * ```
 */
export interface MigrateOptions {
  /** Hears whom or what it waits for, as a sentence (default: nobody does). */
  say?: Say;
}

/**
 * Brings the schema `strangler` of a database up to date: a new database gets the base, one of a release before the increments that it
 * has not, all in one transaction. Several processes may do so at once: one works, the others wait and find nothing to do. Increments
 * that the database has and this release does not know stay: an older release may start beside a newer one.
 *
 * The client needs no more than the right to create a schema; it is given back with the settings and locks that it had.
 * @throws {MigrationRefused} when the database was upgraded to a release that takes no processes of this one, and when processes of an
 *   older release keep an upgrade waiting for 20 s. Errors of PostgreSQL as they are; then nothing has changed.
 *
 * @example
 * ```ts
 * const connection = new pg.Client({ connectionString: url });
 * await connection.connect();
 * await migrate(connection, { say: console.warn });
 * await connection.end();
 * ```
 */
export async function migrate(
  client: ClientBase,
  { say = () => undefined }: MigrateOptions = {},
): Promise<void> {
  await onlyOne(client, say, async () => {
    await assertAdmitted(client);
    const pending = pendingAfter(await recorded(client));
    if (pending.names.length === 0) return;
    if (pending.lowestRelease) await olderProcessesGone(client, pending.lowestRelease, say);
    await inTurns(() => runPending(client, pending), say);
  });
}

/** The names of what the database has. */
async function recorded(client: ClientBase): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ here: boolean }>(
    `select to_regclass('strangler.migrations') is not null as here`,
  );
  if (!rows[0]?.here) return new Set();
  const names = await client.query<{ name: string }>('select name from strangler.migrations');
  return new Set(names.rows.map(({ name }) => name));
}

/** Carries it out, in one transaction. Exported for tests of who comes between. @throws PostgreSQL's errors. */
export async function runPending(
  client: ClientBase,
  { texts, names }: Pending,
  waitMs = lockTimeoutMs,
): Promise<void> {
  await client.query('begin isolation level read committed read write');
  try {
    await client.query(`set local lock_timeout = ${waitMs}`);
    for (const text of texts) await client.query(withoutTimeout(text));
    await client.query(
      `insert into strangler.migrations ("timestamp", name)
       select right(name, 13)::bigint, name from unnest($1::text[]) with ordinality n (name, place) order by place`,
      [names],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}
