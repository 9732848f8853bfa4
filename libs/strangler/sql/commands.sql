-- Commands and sagas (docs/adr/0025-claims-written-once.md, docs/adr/0005-one-transaction-or-a-stored-saga.md).
--
-- A command that comes again under its id is answered from what its first run has stored, and has no second effect. Its records lie
-- beside the rows of its module, in the table `idempotency`, and move with them, key by key: a command over several keys may be carried
-- out in parts, by several owners, and in other groups when it is tried again; for some of its keys it may have been taken back, even
-- before it came.
--
-- SQLSTATEs: SR422 a command id was used before with another input · SR438 a command that is rehearsed cannot commit.

-- The tables of a module

-- For a migration of the module: select strangler.create_idempotency_table('shipping')
create function strangler.create_idempotency_table(p_schema text) returns void language plpgsql as $create$
begin
  execute format($table$
    create table %1$I.idempotency (
      command_id  uuid        not null,
      routing_key text        not null,
      input_hash  bytea       not null,
      -- The answer for this key alone; null while a process (saga) is on its way.
      result      json,
      created_at  timestamptz not null default now(),
      -- Taken back, perhaps before it came: it is refused from now on.
      undone      boolean     not null default false,
      primary key (command_id, routing_key)
    );
    create index on %1$I.idempotency (created_at);
  $table$, p_schema);
end $create$;

-- For a module that has processes over several modules: what is done, what comes next, who works on it until when.
create function strangler.create_saga_table(p_schema text) returns void language plpgsql as $create$
begin
  execute format($table$
    create table %1$I.saga (
      id          uuid        primary key,
      command_id  uuid        not null,
      routing_key text        not null,
      process     text        not null,
      request_id  text        not null,
      status      text        not null check (status in ('running', 'waiting', 'compensating', 'done', 'failed')),
      step        integer     not null,
      state       json        not null,
      error       json,
      attempts    integer     not null default 0,
      -- The caller was told of it while it waited: whoever comes with the same command id is told the same.
      answered    boolean     not null default false,
      -- Grows with every change. A runner changes a saga only from the version that it has seen.
      version     integer     not null default 1,
      -- Nobody else touches the saga before: the lease of the process that works on it, or the next try.
      due_at      timestamptz not null,
      created_at  timestamptz not null default now(),
      ended_at    timestamptz,
      -- Where the process runs that changed it last: the lease of one that has lost the key binds nobody.
      side        text
    );
    create index on %1$I.saga (due_at) where status in ('running', 'waiting', 'compensating');
    create index on %1$I.saga (command_id);
  $table$, p_schema);
  perform strangler.guard_table(format('%I.saga', p_schema));
end $create$;

-- Commands

-- One transaction at a time for a command id of a module, to its end. All that one transaction needs are taken at
-- once, in sorted order: who takes one back needs two.
create function strangler.lock_commands(p_module text, p_commands uuid[]) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(id) from (
    select distinct uuid_hash_extended(command, hashtext(p_module)) as id
    from unnest(p_commands) command where command is not null order by id) sorted;
end $$;

-- Inserts the claims of keys that are new. One that is there all the same was made by a transaction that this one's
-- snapshot does not show: all of it runs again, and is answered from what that one has stored. (In READ COMMITTED
-- nothing is overlooked; the other levels raise the same 40001 by themselves.)
create function strangler.claim_keys(
  p_module text, p_command uuid, p_keys text[], p_hashes bytea[], p_results text[] default '{}')
  returns void language plpgsql as $$
declare
  claimed bigint;
begin
  execute format(
    'insert into %I.idempotency (command_id, routing_key, input_hash, result)
       select $1, claim.key, claim.hash, claim.result::json from unnest($2, $3, $4) claim (key, hash, result)
     on conflict do nothing', p_module)
    using p_command, p_keys, p_hashes, p_results;
  get diagnostics claimed = row_count;
  if claimed < cardinality(p_keys) then
    raise 'command % was done at the same time', p_command using errcode = '40001';
  end if;
end $$;

-- The first statement of every command, before anything is read: does this side own the keys? Then it waits for
-- those who are at the same command id, and answers the keys that were claimed before; none: all are ours to run.
-- The look-up is a statement after the lock, so it sees what the former holder has committed. A snapshot that is
-- older (the levels above READ COMMITTED) overlooks that; claim_keys notices.
-- `p_undo_of`: the command that this one takes back. It is refused from now on, also where it never came.
-- `p_early`: the claims are made now, without a result. So does what has effects that no rollback takes back, and a
-- process, which outlives this transaction.
create function strangler.begin_command(
  p_module text, p_command uuid, p_keys text[], p_hashes bytea[], p_undo_of uuid, p_early boolean)
  returns table (key text, state text, result text) language plpgsql as $$
declare
  earlier record;
  seen text[] := '{}';
  ours text[];
begin
  perform strangler.assert_owner(p_module, p_keys);
  if p_undo_of is null then
    perform pg_advisory_xact_lock(uuid_hash_extended(p_command, hashtext(p_module)));
  else
    perform strangler.lock_commands(p_module, array[p_command, p_undo_of]);
  end if;
  for earlier in execute format(
    'select i.routing_key, i.input_hash, i.result::text as result, i.undone, claim.hash
     from unnest($2, $3) claim (key, hash)
     join %I.idempotency i on i.command_id = $1 and i.routing_key = claim.key', p_module)
    using p_command, p_keys, p_hashes
  loop
    -- One that was taken back before it came has no input.
    if not earlier.undone and earlier.input_hash <> earlier.hash then
      raise 'command % was used with another input', p_command using errcode = 'SR422';
    end if;
    seen := seen || earlier.routing_key;
    key := earlier.routing_key;
    result := earlier.result;
    -- Without a result it belongs to a process (saga) that is still on its way.
    state := case when earlier.undone then 'undone' when result is null then 'running' else 'done' end;
    return next;
  end loop;
  if cardinality(seen) = cardinality(p_keys) then
    return;
  end if;
  if p_early then
    perform strangler.claim_keys(p_module, p_command, array_agg(c.k), array_agg(c.h))
    from unnest(p_keys, p_hashes) c (k, h) where c.k <> all(seen);
  end if;
  if p_undo_of is not null then
    ours := array(select k from unnest(p_keys) k where k <> all(seen));
    execute format(
      'insert into %I.idempotency as done (command_id, routing_key, input_hash, undone)
         select $1, k, '''', true from unnest($2) k order by k
       on conflict (command_id, routing_key) do update set undone = true', p_module)
      using p_undo_of, ours;
  end if;
end $$;

-- The last statement of a command: one result a key, so that whoever comes with other keys beside them can be
-- answered. `p_hashes`: of the inputs, where the claims are made with it; null: they were made early. Returns the ids
-- of the outbox rows of this transaction, separated by commas, and the start of the server: on another one, a row that
-- is not in the outbox was not stored, but lost.
create function strangler.store_results(
  p_module text, p_command uuid, p_keys text[], p_results text[], p_hashes bytea[])
  returns text language plpgsql as $$
begin
  if p_hashes is not null then
    perform strangler.claim_keys(p_module, p_command, p_keys, p_hashes, p_results);
  else
    execute format(
      'update %I.idempotency i set result = stored.result::json
       from unnest($2, $3) stored (key, result) where i.command_id = $1 and i.routing_key = stored.key', p_module)
      using p_command, p_keys, p_results;
  end if;
  return nullif(current_setting('strangler.outbox', true), '') || ' ' || strangler.start_text(strangler.server_start());
end $$;

-- Who comes with the same command id waits until it is known whether it is free again.
create function strangler.drop_claim(p_module text, p_command uuid, p_key text)
  returns void language plpgsql as $$
begin
  perform strangler.lock_commands(p_module, array[p_command]);
  execute format('delete from %I.idempotency where command_id = $1 and routing_key = $2', p_module)
    using p_command, p_key;
end $$;

-- Rehearsals

-- A row here says that its transaction rehearses a command: it cannot commit.
create unlogged table strangler.rehearsal (module text not null);

create function strangler.refuse_commit() returns trigger language plpgsql as $$
begin
  raise 'strangler_rehearsal: a command of % is rehearsed, and cannot commit', new.module using errcode = 'SR438';
end $$;
create constraint trigger refuse_commit after insert on strangler.rehearsal
  deferrable initially deferred for each row execute function strangler.refuse_commit();
alter table strangler.rehearsal enable always trigger refuse_commit;

-- First of all in a transaction that runs a command and takes it back, whoever owns its keys. It takes no writer's lock, so that no fence
-- waits for it; what it writes is not captured. It keeps nobody waiting for long, also if its process is stopped in the middle of it.
create function strangler.begin_rehearsal(p_module text) returns void language plpgsql as $$
begin
  perform strangler.require_release();
  insert into strangler.rehearsal values (p_module);
  -- Capture triggers pass what is applied, and look closer at it (capture.sql.ts).
  perform set_config('strangler.applying', p_module, true), set_config('strangler.rehearsing', p_module, true),
    set_config('lock_timeout', '50ms', true), set_config('statement_timeout', '200ms', true),
    set_config('idle_in_transaction_session_timeout', '200ms', true);
  -- From PostgreSQL 17 on.
  perform set_config(name, '200ms', true) from pg_settings where name = 'transaction_timeout';
end $$;

-- Sagas

-- Locks a saga for whoever has seen this version of it; false: someone else has decided. First of all the key: the
-- steps that follow are this side's to carry out.
create function strangler.lock_saga(p_module text, p_id uuid, p_version integer, p_key text)
  returns boolean language plpgsql as $$
declare
  found_one boolean;
begin
  perform strangler.assert_owner(p_module, array[p_key]);
  execute format('select true from %I.saga where id = $1 and version = $2 for update', p_module)
    into found_one using p_id, p_version;
  return coalesce(found_one, false);
end $$;
