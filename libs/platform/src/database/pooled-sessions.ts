import pg from 'pg';
import { StartError } from 'nestjs-strangler';
import { tlsAdvice } from './database-setting.js';
import { withSessionName } from './session-name.js';
import { withClient } from './with-client.js';

/** A pooler carries these two with its client, whichever session that gets; it takes no others at the start of a session. */
export const carriedSettings = `set TimeZone = 'UTC'; set DateStyle = 'ISO'`;

/** What sessions are by role, database or server, where they cannot be set at their start: what each has to be, and why. */
const needed: readonly { name: string; value: string; isRight: (value: string) => boolean; why: string }[] = [
  {
    name: 'synchronous_commit',
    value: 'on',
    isRight: (value) => value === 'on' || value === 'remote_apply',
    why: 'what was answered would be lost in a crash',
  },
  {
    name: 'statement_timeout',
    value: '10s',
    isRight: (value) => value !== '0',
    why: 'a statement that hangs would keep its locks',
  },
  {
    name: 'idle_in_transaction_session_timeout',
    value: '15s',
    isRight: (value) => value !== '0',
    why: 'a process that hangs would keep its locks',
  },
  {
    name: 'default_transaction_isolation',
    value: 'read committed',
    isRight: (value) => value === 'read committed',
    why: 'commands would fail that only have to wait',
  },
  {
    name: 'default_transaction_read_only',
    value: 'off',
    isRight: (value) => value === 'off',
    why: 'every command would fail',
  },
  {
    name: 'session_replication_role',
    value: 'origin',
    isRight: (value) => value === 'origin',
    why: 'triggers and foreign keys would be off',
  },
];

/** What is wrong with sessions, and what sets it right. Pure. `found`: by name, as `pg_settings` has it. */
export const sessionProblems = (found: Readonly<Record<string, string>>, role: string): string[] =>
  needed.flatMap(({ name, value, isRight, why }) => {
    const is = found[name];
    if (is !== undefined && isRight(is)) return [];
    return [
      `${name} is ${is ?? 'not known'}, so ${why}: alter role ${pg.escapeIdentifier(role)} set ${name} = '${value}'`,
    ];
  });

/** @throws {StartError} when this is no connection to the server itself: sessions that hold locks, or listen, need one. */
export function assertDirect(url: string, setting: string): Promise<void> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    // A pooler tells a number of its own.
    if (rows[0]?.pid === (client as unknown as { processID: number }).processID) return;
    throw new StartError(
      `${setting} leads through a pooler, which gives each transaction another session: set ${directNameOf(setting)} to the server itself, for what needs sessions of its own`,
    );
  });
}

/** @throws {StartError} saying all that is wrong with the sessions behind `url`, a pooler before the database at `direct`. */
export async function assertPooled(
  { url, direct }: { url: string; direct: string },
  setting: string,
): Promise<void> {
  const [pooled, own] = await Promise.all([
    lookThrough(url, setting),
    lookThrough(direct, directNameOf(setting)),
  ]);
  if (pooled.home !== own.home)
    throw new StartError(
      `${setting} leads to the database ${pooled.home}, and ${directNameOf(setting)} to ${own.home}: set both to the same one`,
    );
  const problems = sessionProblems(pooled.settings, pooled.role);
  if (problems.length > 0)
    throw new StartError(`the sessions behind ${setting} are not as they have to be: ${problems.join('; ')}`);
}

/** The setting beside another one. */
export const directNameOf = (setting: string): string => `DIRECT_${setting}`;

interface Sessions {
  /** Of the database: server and number. */
  home: string;
  role: string;
  settings: Record<string, string>;
}

async function lookThrough(url: string, setting: string): Promise<Sessions> {
  const client = new pg.Client({
    connectionString: withSessionName(url, 'set-up'),
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<Sessions>(
      `select strangler.home() as home, current_user as role, json_object_agg(name, setting) as settings
       from pg_settings where name = any($1)`,
      [needed.map(({ name }) => name)],
    );
    return rows[0]!;
  } catch (error) {
    const { host } = new URL(url);
    throw new StartError(
      `${setting} (${host}) cannot be used: ${(error as Error).message}${tlsAdvice(error as Error)}`,
      {
        cause: error,
      },
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}
