import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The functions that every command begins and ends with, whatever its module. */
export class Commands1764000000001 implements MigrationInterface {
  name = 'Commands1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The first statement of every command, before anything is read: claims the command id, key by key.
      -- A second claimer waits at the primary key until the first one's transaction ends, then sees its result.
      create function strangler.begin_command(p_module text, p_command uuid, p_keys text[], p_hash bytea)
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
          -- Gone again between the two statements: it belonged to a process that has failed.
          exit when claimed > 0 or earlier.input_hash is not null;
        end loop;
        if claimed > 0 or earlier.input_hash is distinct from p_hash then
          raise 'command % was used with another input', p_command using errcode = 'SR422';
        end if;
        -- Without a result it belongs to a process (saga) that is still on its way.
        return query select case when earlier.result is null then 'running' else 'done' end, earlier.result;
      end $$;

      create function strangler.store_result(p_module text, p_command uuid, p_key text, p_result json)
        returns void language plpgsql as $$
      begin
        execute format('update %I.idempotency set result = $1 where command_id = $2 and routing_key = $3', p_module)
          using p_result, p_command, p_key;
      end $$;

      -- All keys of the command, and of no other one under the same id: that has other keys, so another input.
      create function strangler.drop_claim(p_module text, p_command uuid, p_key text)
        returns void language plpgsql as $$
      begin
        execute format(
          'delete from %1$I.idempotency where command_id = $1 and input_hash =
             (select input_hash from %1$I.idempotency where command_id = $1 and routing_key = $2)', p_module)
          using p_command, p_key;
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function strangler.drop_claim(text, uuid, text);
      drop function strangler.store_result(text, uuid, text, json);
      drop function strangler.begin_command(text, uuid, text[], bytea);
    `);
  }
}
