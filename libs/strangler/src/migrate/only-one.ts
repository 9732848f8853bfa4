import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { asLongAsItTakes, type Say } from './patience.js';

/** All releases know it by this name. */
const lock = `hashtextextended('strangler migrations', 0)`;
/** How often a process that waits for the lock looks, in ms, and after how many looks it says for whom it waits. */
const lookMs = 250;
const triesUntold = 20;

/**
 * Runs `work` while no other process migrates this database, in a session that has {@link asLongAsItTakes}. The lock is the session's, not
 * a transaction's: it lasts over all transactions of `work`, which may call this again.
 *
 * @internal
 */
export async function onlyOne<T>(client: ClientBase, say: Say, work: () => Promise<T>): Promise<T> {
  const before = await settingsNow(client);
  await set(client, asLongAsItTakes);
  await untilOurs(client, say);
  try {
    return await work();
  } finally {
    // A session that is gone has taken both with it.
    await client.query(`select pg_advisory_unlock(${lock})`).catch(() => undefined);
    await set(client, before).catch(() => undefined);
  }
}

type Settings = Readonly<Record<string, string | number>>;

/** What this session has of {@link asLongAsItTakes}, as far as the server knows it. */
async function settingsNow(client: ClientBase): Promise<Settings> {
  const { rows } = await client.query<{ now: Settings }>(
    'select json_object_agg(name, setting) as now from pg_settings where name = any($1)',
    [Object.keys(asLongAsItTakes)],
  );
  return rows[0]?.now ?? {};
}

async function set(client: ClientBase, wanted: Settings): Promise<void> {
  await client.query(
    `select set_config(name, value, false) from json_each_text($1) wanted (name, value) join pg_settings known using (name)`,
    [JSON.stringify(wanted)],
  );
}

async function untilOurs(client: ClientBase, say: Say): Promise<void> {
  for (let tries = 1; ; tries++) {
    const { rows } = await client.query<{ won: boolean }>(`select pg_try_advisory_lock(${lock}) as won`);
    if (rows[0]?.won) return;
    if (tries % triesUntold === 0)
      say(`migrations wait for another process that is at them: ${await holder(client)}`);
    await sleep(lookMs);
  }
}

async function holder(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ who: string }>(
    `select format('%s (%s, session %s)', a.application_name, coalesce(host(a.client_addr), 'local'), a.pid) as who
     from pg_locks l join pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.granted and l.database = a.datid and a.datname = current_database()
       and (l.classid::bigint << 32) | l.objid::bigint = ${lock}`,
  );
  return rows[0]?.who ?? 'it has just ended';
}
