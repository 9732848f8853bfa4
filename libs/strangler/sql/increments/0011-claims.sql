-- A command's claim is one row a key, written once, with its result (docs/adr/0025-claims-written-once.md). Who comes
-- with the same command id waits at an advisory lock, no more at the row.

drop function strangler.begin_command(text, uuid, text[], bytea[], uuid);
drop function strangler.store_results(text, uuid, text[], text[]);

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
  p_module text, p_command uuid, p_keys text[], p_hashes bytea[], p_undo_of uuid default null,
  p_early boolean default false)
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
  p_module text, p_command uuid, p_keys text[], p_results text[], p_hashes bytea[] default null)
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
create or replace function strangler.drop_claim(p_module text, p_command uuid, p_key text)
  returns void language plpgsql as $$
begin
  perform strangler.lock_commands(p_module, array[p_command]);
  execute format('delete from %I.idempotency where command_id = $1 and routing_key = $2', p_module)
    using p_command, p_key;
end $$;
