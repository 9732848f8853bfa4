import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Command ids key by key: a command over several keys may be carried out in parts, by several owners, and in other
 * groups when it is tried again; for some of its keys it may have been taken back, even before it came.
 */
export class CommandParts1764000000003 implements MigrationInterface {
  name = 'CommandParts1764000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      do $$
      declare
        found record;
      begin
        -- Modules that were there before; later ones have the columns from the start (migrations/tables.ts).
        for found in
          select table_schema, table_name from information_schema.tables
          where table_name in ('idempotency', 'saga') and table_schema <> 'strangler'
        loop
          if found.table_name = 'idempotency' then
            execute format('alter table %I.idempotency add column if not exists undone boolean not null default false',
              found.table_schema);
          else
            execute format('alter table %I.saga add column if not exists side text', found.table_schema);
          end if;
        end loop;
      end $$;

      -- As before; the detail is the border as this side knows it, by which a router finds the owner.
      create or replace function strangler.require_owned(o strangler.ownership, p_buckets integer[]) returns void
        language plpgsql as $$
      declare
        bucket integer;
      begin
        foreach bucket in array p_buckets loop
          if bucket is null then
            raise 'strangler_key_missing: a routing key of % is null', o.module using errcode = 'SR403';
          elsif bucket >= o.fence_from and bucket < o.fence_to then
            raise 'strangler_moving: bucket % of % is being handed off', bucket, o.module using errcode = 'SR423';
          elsif (bucket < o.extracted_below) is distinct from (o.side = 'extracted') then
            raise 'strangler_not_owner: bucket % of % is not owned by the side %', bucket, o.module, o.side
              using errcode = 'SR409', detail = o.extracted_below::text;
          end if;
        end loop;
      end $$;

      drop function strangler.begin_command(text, uuid, text[], bytea);
      drop function strangler.claim_command(text, uuid, text[], bytea);
      drop function strangler.store_result(text, uuid, text, json);
      drop function strangler.drop_claim(text, uuid, text);

      -- The first statement of every command, before anything is read: does this side own the keys? Then it claims the
      -- command id, key by key. A second claimer waits at the primary key until the first one's transaction ends, then
      -- sees its result. Answers the keys that were claimed before; none: all are ours to run.
      -- \`p_undo_of\`: the command that this one takes back. It is refused from now on, also where it never came.
      create function strangler.begin_command(
        p_module text, p_command uuid, p_keys text[], p_hashes bytea[], p_undo_of uuid default null)
        returns table (key text, state text, result text) language plpgsql as $$
      declare
        open_keys text[] := p_keys;
        claimed text[];
        ours text[] := '{}';
        earlier record;
        seen text[];
      begin
        perform strangler.assert_owner(p_module, p_keys);
        loop
          execute format(
            'with claimed as (
               insert into %I.idempotency (command_id, routing_key, input_hash)
               select $1, claim.key, claim.hash from unnest($2, $3) claim (key, hash) where claim.key = any($4)
               on conflict do nothing returning routing_key)
             select coalesce(array_agg(routing_key), ''{}'') from claimed', p_module)
            into claimed using p_command, p_keys, p_hashes, open_keys;
          ours := ours || claimed;
          exit when cardinality(claimed) = cardinality(open_keys);
          seen := '{}';
          for earlier in execute format(
            'select i.routing_key, i.input_hash, i.result::text as result, i.undone, claim.hash
             from unnest($2, $3) claim (key, hash)
             join %I.idempotency i on i.command_id = $1 and i.routing_key = claim.key
             where claim.key = any($4) and claim.key <> all($5)', p_module)
            using p_command, p_keys, p_hashes, open_keys, claimed
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
          -- Gone again between the two statements: it belonged to a process that has failed.
          open_keys := array(select k from unnest(open_keys) k where k <> all(claimed) and k <> all(seen));
          exit when cardinality(open_keys) = 0;
        end loop;
        if p_undo_of is not null and cardinality(ours) > 0 then
          execute format(
            'insert into %I.idempotency as done (command_id, routing_key, input_hash, undone)
               select $1, k, '''', true from unnest($2) k order by k
             on conflict (command_id, routing_key) do update set undone = true', p_module)
            using p_undo_of, ours;
        end if;
      end $$;

      -- The last statement of a command: one result a key, so that whoever comes with other keys beside them can be
      -- answered. Returns the ids of the outbox rows of this transaction, separated by commas.
      create function strangler.store_results(p_module text, p_command uuid, p_keys text[], p_results text[])
        returns text language plpgsql as $$
      begin
        if cardinality(p_keys) = 1 then
          execute format('update %I.idempotency set result = $1::json where command_id = $2 and routing_key = $3', p_module)
            using p_results[1], p_command, p_keys[1];
        else
          execute format(
            'update %I.idempotency i set result = stored.result::json
             from unnest($2, $3) stored (key, result) where i.command_id = $1 and i.routing_key = stored.key', p_module)
            using p_command, p_keys, p_results;
        end if;
        return current_setting('strangler.outbox', true);
      end $$;

      create function strangler.drop_claim(p_module text, p_command uuid, p_key text)
        returns void language plpgsql as $$
      begin
        execute format('delete from %I.idempotency where command_id = $1 and routing_key = $2', p_module)
          using p_command, p_key;
      end $$;

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

      -- The rows of this transaction that wait in the outbox, by module.
      create function strangler.captured_rows(p_modules text[])
        returns table (module text, ids bigint[]) language sql stable as $$
        select o.module, array_agg(o.id) from strangler.outbox o
        where o.module = any(p_modules)
          and o.id = any(string_to_array(nullif(current_setting('strangler.outbox', true), ''), ',')::bigint[])
        group by o.module
      $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function strangler.captured_rows(text[]);
      drop function strangler.lock_saga(text, uuid, integer, text);
      drop function strangler.drop_claim(text, uuid, text);
      drop function strangler.store_results(text, uuid, text[], text[]);
      drop function strangler.begin_command(text, uuid, text[], bytea[], uuid);
    `);
    await restore(runner);
  }
}

/** The functions of before, which knew no parts. The columns stay: rows may hold what they mean. */
const restore = (runner: QueryRunner): Promise<unknown> =>
  runner.query(`
    create function strangler.claim_command(p_module text, p_command uuid, p_keys text[], p_hash bytea)
      returns table (state text, result text) language plpgsql as $$
    declare
      claimed bigint;
      earlier record;
    begin
      loop
        execute format(
          'insert into %I.idempotency (command_id, routing_key, input_hash)
             select $1, key, $2 from unnest($3) key on conflict do nothing', p_module)
          using p_command, p_hash, p_keys;
        get diagnostics claimed = row_count;
        if claimed = cardinality(p_keys) then
          return query select 'new', null::text;
          return;
        end if;
        execute format(
          'select input_hash, i.result::text from %I.idempotency i where command_id = $1 and routing_key = $2', p_module)
          into earlier using p_command, p_keys[1];
        exit when claimed > 0 or earlier.input_hash is not null;
      end loop;
      if claimed > 0 or earlier.input_hash is distinct from p_hash then
        raise 'command % was used with another input', p_command using errcode = 'SR422';
      end if;
      return query select case when earlier.result is null then 'running' else 'done' end, earlier.result;
    end $$;
    create function strangler.begin_command(p_module text, p_command uuid, p_keys text[], p_hash bytea)
      returns table (state text, result text) language plpgsql as $$
    begin
      perform strangler.assert_owner(p_module, p_keys);
      return query select * from strangler.claim_command(p_module, p_command, p_keys, p_hash);
    end $$;
    create function strangler.store_result(p_module text, p_command uuid, p_key text, p_result json)
      returns void language plpgsql as $$
    begin
      execute format('update %I.idempotency set result = $1 where command_id = $2 and routing_key = $3', p_module)
        using p_result, p_command, p_key;
    end $$;
    create function strangler.drop_claim(p_module text, p_command uuid, p_key text)
      returns void language plpgsql as $$
    begin
      execute format(
        'delete from %1$I.idempotency where command_id = $1 and input_hash =
           (select input_hash from %1$I.idempotency where command_id = $1 and routing_key = $2)', p_module)
        using p_command, p_key;
    end $$;
  `);
