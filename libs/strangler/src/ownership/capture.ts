import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database.js';
import { literal, quoted, type MovingTable } from '../tables.js';

/**
 * How long an attempt waits for the writers inside a table, in ms: others queue behind it meanwhile. Each waits longer than
 * the one before, for where writers overlap a short wait never ends.
 */
const lockWaitMs = { first: 50, longest: 1_600 };
const patienceMs = 30_000;
const lockNotAvailable = new Set(['55P03', '40P01']);

const events = ['insert', 'update', 'delete'] as const;
type Event = (typeof events)[number];

/**
 * Installs the triggers that record every change of a table in the outbox and refuse what this side may not write.
 * Statement-level with transition tables, ALWAYS (also in replica role). Waits for the writers inside. Done again it
 * changes nothing.
 */
export async function startCapture(database: Database, tables: readonly MovingTable[]): Promise<void> {
  for (const table of tables) {
    await patiently(database, table, installation(table));
  }
}

/** Removes the triggers and their functions. */
export async function stopCapture(database: Database, tables: readonly MovingTable[]): Promise<void> {
  for (const table of tables) {
    await patiently(database, table, removal(table));
  }
}

async function patiently(database: Database, { sql: table }: MovingTable, sql: string): Promise<void> {
  const giveUpAt = Date.now() + patienceMs;
  for (
    let lockTimeoutMs = lockWaitMs.first;
    ;
    lockTimeoutMs = Math.min(lockTimeoutMs * 2, lockWaitMs.longest)
  ) {
    try {
      await database.transaction((q) => q.query(sql), { lockTimeoutMs });
      return;
    } catch (error) {
      if (!lockNotAvailable.has((error as { code?: string }).code ?? '')) throw error;
      if (Date.now() > giveUpAt) {
        const long = `a transaction holds the table for more than ${patienceMs / 1_000} s`;
        throw new Error(`${table}: ${long}`, { cause: error });
      }
      await sleep(50 + Math.random() * 100);
    }
  }
}

const nameOf = ({ module, name }: MovingTable, event: Event): string =>
  `strangler.${quoted(`capture_${module}_${name}_${event}`)}`;

const removal = (table: MovingTable): string =>
  [
    ...[...events, 'truncate'].map((event) => `drop trigger if exists strangler_${event} on ${table.sql};`),
    ...events.map((event) => `drop function if exists ${nameOf(table, event)}();`),
  ].join('\n');

function installation(table: MovingTable): string {
  const triggers = events.map(
    (event) => `
      ${functionFor(table, event)}
      create or replace trigger strangler_${event} after ${event} on ${table.sql}
        referencing ${event === 'insert' ? '' : 'old table as old_rows'} ${event === 'delete' ? '' : 'new table as new_rows'}
        for each statement execute function ${nameOf(table, event)}();
      alter table ${table.sql} enable always trigger strangler_${event};`,
  );
  return `${triggers.join('\n')}
    create or replace trigger strangler_truncate before truncate on ${table.sql}
      for each statement execute function strangler.refuse_truncate();
    alter table ${table.sql} enable always trigger strangler_truncate;`;
}

/** One function a table and event, its text without variables: PostgreSQL keeps the plans. */
function functionFor(table: MovingTable, event: Event): string {
  const rows = event === 'delete' ? 'old_rows' : 'new_rows';
  return `
    create or replace function ${nameOf(table, event)}() returns trigger language plpgsql as $capture$
    declare
      buckets integer[];
      ids bigint[];
    begin
      ${event === 'update' ? keysUnchanged(table) : ''}
      if current_setting('strangler.applying', true) = ${literal(table.module)} then
        if strangler.owns_any(${literal(table.module)}) then
          select array_agg(distinct ${table.bucket('r')}) into buckets from ${rows} r;
        end if;
      else
        with added as (
          insert into strangler.outbox (module, table_name, pk, key, bucket)
          select ${literal(table.module)}, ${literal(table.name)}, ${table.pk('r')}, ${table.key('r')}, ${table.bucket('r')}
          from ${rows} r
          returning id, bucket
        )
        select array_agg(id), array_agg(bucket) into ids, buckets from added;
        -- Most statements change one row: to sort for them costs a tenth of the trigger's time.
        if cardinality(buckets) > 1 then
          buckets := array(select distinct bucket from unnest(buckets) bucket);
        end if;
      end if;
      if buckets is not null then
        perform strangler.captured(${literal(table.module)}, buckets, ids);
      end if;
      return null;
    end $capture$;`;
}

/**
 * Old and new rows must be the same set of keys: a changed one would be a delete for one bucket and an insert for another.
 * Never a join: its plan is kept from the session's first statement, and one made for a single row compares each row of a
 * later one with each.
 */
const keysUnchanged = (table: MovingTable): string => `
      if exists (
        select ${keysOf(table, 'n')} from new_rows n
        except
        select ${keysOf(table, 'o')} from old_rows o
      ) then
        raise 'strangler_key_changed: ${table.sql.replaceAll('%', '%%').replaceAll("'", "''")} is being moved, and its primary or routing key cannot be changed'
          using errcode = 'SR403';
      end if;`;

const keysOf = (table: MovingTable, alias: string): string =>
  [...table.primaryKey.map(({ name }) => `${alias}.${quoted(name)}`), table.key(alias)].join(', ');
