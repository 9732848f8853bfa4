import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { buckets as bucketCount } from '../../routes/bucket.js';
import type { Database } from '../../database/database.js';
import { isOwnTable, literal, quoted, type MovingTable } from '../../database/tables.js';
import { copying, recording, type NamedBefore } from './captured.js';

/**
 * How long an attempt waits for a table's lock, in ms. Later writers queue behind it meanwhile, so the first wait is short. Each
 * attempt waits longer than the one before: where transactions overlap all the time, a short wait never gets the lock.
 */
const lockWaitMs = { first: 50, longest: 1_600 };
const patienceMs = 30_000;
const lockNotAvailable = new Set(['55P03', '40P01']);

const events = ['insert', 'update', 'delete'] as const;
type Event = (typeof events)[number];

/** So many changes at most are in one row of the outbox. */
const changesOfRow = 1_000;

/**
 * Installs the triggers that record every change of a table in the outbox and refuse what this side may not write.
 * Statement-level with transition tables, ALWAYS (also in replica role). Waits for the writers inside. Done again it
 * changes nothing. `backfill`: rows of before are to be copied. While the module moves, one that was written without capture is known to
 * be so until that is begun, table by table in one transaction: what comes later may not come.
 */
export async function startCapture(
  database: Database,
  tables: readonly MovingTable[],
  { backfill = false } = {},
): Promise<void> {
  for (const table of tables) {
    const known = backfill ? recording(table, stood) + filling(table, whileItMoves(table)) : recording(table);
    await patiently(database, table, held(table) + installation(table) + known);
  }
}

const whileItMoves = ({ module }: MovingTable): string =>
  `(select from strangler.ownership where module = ${literal(module)} and capture) moves cross join`;

const filling = ({ module, name, sql }: MovingTable, of?: string): string =>
  `${copying(literal(module), literal(name), literal(sql), of)};
    select pg_notify('strangler_outbox', ${literal(module)});`;

/**
 * Captures a table that has not been captured, while the module moves, and has its rows from before copied. In one transaction: who
 * was inside the table has ended when its triggers are there, so a row is in a chunk or in the outbox.
 */
export async function captureTable(database: Database, table: MovingTable): Promise<void> {
  const known = recording(table, stood) + filling(table);
  await patiently(database, table, held(table) + installation(table) + known + stillCaptured(table));
}

/** Goes last. The end of capture first says so, and then removes what was installed: nothing of it may come behind that. */
const stillCaptured = ({ module }: MovingTable): string => `
    do $do$ begin
      perform from strangler.ownership where module = ${literal(module)} and capture for share;
      if not found then
        raise 'capture of % has ended', ${literal(module)};
      end if;
    end $do$;`;

/**
 * Installs the triggers anew where those of an older release stand: they do not fit the outbox, so nobody can write until then.
 * For when a process starts.
 */
export async function renewCapture(database: Database, tables: readonly MovingTable[]): Promise<void> {
  const standing = await database.query<{ name: string; body: string }>(
    `select proname as name, prosrc as body from pg_proc
     where pronamespace = 'strangler'::regnamespace and proname like 'capture\\_%'`,
  );
  const stands = (table: MovingTable) => (event: Event) =>
    standing.some(({ name, body }) => name === plainNameOf(table, event) && body === bodyFor(table, event));
  // One without any is not captured yet: then its rows from before have to be copied, too.
  const captured = await database.query<{ oid: string }>(
    `select tgrelid::text as oid from pg_trigger where tgname = 'strangler_insert'`,
  );
  for (const table of tables) {
    const hasSome = captured.some(({ oid }) => oid === table.oid);
    if (hasSome && !events.every(stands(table))) await patiently(database, table, renewal(table));
  }
}

/** Removes the triggers and their functions. */
export async function stopCapture(database: Database, tables: readonly NamedBefore[]): Promise<void> {
  for (const table of tables) {
    await patiently(database, table, removal(table) + forgetting(table));
  }
}

/**
 * Forgets a table that the module names no more and that is dropped: nobody can copy or send anything of it, so what is left of that
 * would hold hand-offs for ever. One that has come back meanwhile stays.
 */
export async function forgetDropped(database: Database, table: NamedBefore): Promise<void> {
  const gone = `to_regclass(${literal(table.sql)}) is null`;
  await patiently(
    database,
    table,
    `${alone}
    do $do$ begin
      if ${gone} then
        ${removal(table)}
        delete from strangler.captured_table where ${ofTable(table)};
        delete from strangler.backfill where ${ofTable(table)};
        delete from strangler.outbox where ${ofTable(table)};
      end if;
    end $do$;`,
  );
}

async function patiently(database: Database, { sql: table }: NamedBefore, sql: string): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
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
      if (performance.now() > giveUpAt) {
        const long = `a transaction holds the table for more than ${patienceMs / 1_000} s`;
        throw new Error(`${table}: ${long}`, { cause: error });
      }
      await sleep(50 + Math.random() * 100);
    }
  }
}

const nameOf = (table: MovingTable, event: Event): string => `strangler.${quoted(plainNameOf(table, event))}`;

/** PostgreSQL cuts longer ones, in bytes: two tables, or two events, would then have one function. */
const longestName = 63;

/** The first underscore behind `capture_` ends the module's name: table `c` of a module `a_b` is not table `b_c` of a module `a`. */
function plainNameOf(table: NamedBefore, event: Event): string {
  const { module, name } = table;
  const whole = formerNameOf(table, event);
  if (!module.includes('_') && Buffer.byteLength(whole) <= longestName) return whole;
  const digest = createHash('sha256').update(`${module}.${name}`).digest('hex');
  return `capture_${digest.slice(0, 32)}_${event}`;
}

/** As releases up to 0.2.0 have named it: the function may be another table's, too. */
const formerNameOf = ({ module, name }: NamedBefore, event: Event): string =>
  `capture_${module}_${name}_${event}`;

function removal(table: NamedBefore): string {
  const triggers = [...events, 'truncate', 'key'].map(
    (name) => `drop trigger if exists strangler_${name} on ${table.sql};`,
  );
  const names = events.flatMap((event) => [plainNameOf(table, event), formerNameOf(table, event)]);
  return `${triggers.join('\n')}
    do $unused$ declare unused regprocedure; begin
      for unused in select p.oid from pg_proc p
        where p.pronamespace = 'strangler'::regnamespace and p.proname in (${names.map(literal).join(', ')})
          and not exists (select from pg_trigger where tgfoid = p.oid) loop
        execute format('drop function %s', unused);
      end loop;
    end $unused$;`;
}

/** Who changes what is captured waits for one another. */
const alone = `select pg_advisory_xact_lock(hashtextextended('strangler capture', 0));`;

/** Nobody writes the table, or changes its triggers, from here to the end of the transaction. {@link stood} tells of before. */
const held = ({ module, name, sql }: MovingTable): string => `
    ${alone}
    lock table ${sql} in share row exclusive mode;
    select set_config('strangler.stood', strangler.stands_captured(${literal(module)}, ${literal(name)}, ${literal(sql)})::text, true);`;

const stood = `current_setting('strangler.stood') = 'true'`;

function installation(table: MovingTable): string {
  const triggers = events.map(
    (event) => `
      create or replace function ${nameOf(table, event)}() returns trigger language plpgsql as $capture$${bodyFor(table, event)}$capture$;
      create or replace trigger strangler_${event} after ${event} on ${table.sql}
        referencing ${event === 'delete' ? 'old table as old_rows' : 'new table as new_rows'}
        for each statement execute function ${nameOf(table, event)}();
      alter table ${table.sql} enable always trigger strangler_${event};`,
  );
  return `${triggers.join('\n')}
    create or replace trigger strangler_truncate before truncate on ${table.sql}
      for each statement execute function strangler.refuse_truncate();
    alter table ${table.sql} enable always trigger strangler_truncate;
    create or replace trigger strangler_key after update on ${table.sql}
      for each row when (${keyChanged(table)}) execute function strangler.refuse_key_change();
    alter table ${table.sql} enable always trigger strangler_key;`;
}

const ofTable = ({ module, name }: NamedBefore): string =>
  `module = ${literal(module)} and table_name = ${literal(name)}`;

const forgetting = (table: NamedBefore): string => `
    delete from strangler.captured_table where ${ofTable(table)};`;

/** What was missing before is missing still: only what stood on its triggers does so afterwards. */
const renewal = (table: MovingTable): string => `
    ${held(table)}
    ${installation(table)}
    update strangler.captured_table set triggers = strangler.triggers_of(${literal(table.sql)}::regclass)
    where ${ofTable(table)} and ${stood};`;

/**
 * One function a table and event, its text without variables: PostgreSQL keeps the plans. The usual case, that this side may write
 * whatever bucket, is one statement: each further one, and each function that is called, costs as much as a look at the row. Where
 * that statement writes nothing down, `record_owned` looks closer, and says why a write is refused. Like `enter`, it reads the
 * ownership row behind the lock, which nobody takes exclusively, and lets no process of an older release in; above READ COMMITTED
 * that takes more. What no command of the module writes is noted as a stray: to see that this is none costs an expression. A rehearsal
 * passes as what is applied does, before a lock is taken for it: if its transaction cannot commit, whatever its settings say.
 */
function bodyFor(table: MovingTable, event: Event): string {
  const rows = event === 'delete' ? 'old_rows' : 'new_rows';
  const module = literal(table.module);
  const name = literal(table.name);
  const pks = `array(select ${table.pk('r')}::text from ${rows} r)`;
  const keys = `array(select ${table.key('r')} from ${rows} r)`;
  return `
    declare
      recorded text;
    begin
      if current_setting('strangler.applying', true) is distinct from ${module}
        and current_setting('transaction_isolation') = 'read committed'
        and pg_try_advisory_xact_lock_shared(strangler.writer_lock(), hashtext(${module})) then
        insert into strangler.outbox (module, table_name, pks, keys, count, low, high)
        select ${module}, ${name}, pks, keys, cardinality(pks), 0, ${bucketCount - 1}
        from (
          select ${pks} as pks, ${keys} as keys from strangler.ownership o
          where o.module = ${module} and strangler.may_write_all(o) and strangler.is_admitted() offset 0
        ) changes
        where cardinality(pks) between 1 and ${changesOfRow} and array_position(keys, null) is null
        -- Read by the executor, which waits until exactly these are stored on the other side.
        returning set_config('strangler.outbox', concat_ws(',', nullif(current_setting('strangler.outbox', true), ''),
          case when count = 1 then id::text else id || '-' || id + count - 1 end), true) into recorded;
      end if;
      if recorded is null then
        if current_setting('strangler.applying', true) = ${module} then
          if current_setting('strangler.rehearsing', true) = ${module} and exists (select from strangler.rehearsal) then
            return null;
          elsif strangler.owns_any(${module}) then
            perform strangler.require_not_owned(${module}, array(select distinct ${table.bucket('r')} from ${rows} r));
          end if;
          return null;
        elsif not strangler.record_owned(${module}, ${name}, ${pks}, ${keys}) then
          return null;
        end if;
      end if;
      if not pg_try_advisory_xact_lock_shared(strangler.sleep_lock(), hashtext(${module})) then
        perform pg_notify('strangler_outbox', ${module});
      end if;${isOwnTable(table.name) ? '' : notingStrays(module, name)}
      return null;
    end `;
}

/** No application writes claims and sagas, and not all that writes them is a command. */
const notingStrays = (module: string, name: string): string => `
      if not strangler.is_through_port(${module}) then
        perform strangler.note_stray(${module}, ${name});
      end if;`;

/** A changed key would be a delete for one bucket and an insert for another. PostgreSQL compiles this anew for each statement. */
function keyChanged(table: MovingTable): string {
  const columns = table.primaryKey.map(
    ({ name }) =>
      (alias: string) =>
        `${alias}.${quoted(name)}`,
  );
  const parts = [...columns, (alias: string) => table.key(alias)].map((part) => ({
    old: part('old'),
    now: part('new'),
  }));
  const isColumn = ({ old }: { old: string }) => columns.some((column) => `${column('old')}::text` === old);
  return parts
    .filter((part) => part.old !== part.now && !isColumn(part))
    .map(({ old, now }) => `${old} is distinct from ${now}`)
    .join(' or ');
}
