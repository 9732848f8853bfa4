import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who may write what, enforced in the writing transaction (docs/guarantees.md, "One writer"), and the tables of the relay.
 *
 * SQLSTATEs: SR409 this side is not the owner · SR423 the bucket is being handed off · SR404 no ownership row ·
 * SR403 a write that capture cannot carry (a changed key, truncate) · SR410 apply on a bucket that this side owns ·
 * SR412 a batch that is not later than the last one (its detail is the term of that one).
 */
export class Ownership1764000000002 implements MigrationInterface {
  name = 'Ownership1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table strangler.ownership (
        module          text    primary key,
        -- The side on which this database stands.
        side            text    not null check (side in ('monolith', 'extracted')),
        -- Grows with every hand-off; both sides hold the same one when nothing moves.
        epoch           bigint  not null default 1,
        -- Buckets below belong to the side extracted, the others to monolith.
        extracted_below integer not null check (extracted_below between 0 and 10000),
        -- Buckets in [fence_from, fence_to) are owned by nobody.
        fence_from      integer check (fence_from between 0 and 10000),
        fence_to        integer check (fence_to between 0 and 10000),
        -- Whether triggers record the changes of the module's tables.
        capture         boolean not null default false,
        -- The database that this row was made in: a copy of it must not write (see strangler.home).
        home            text    not null,
        -- Grows with every change of the row; equal before and after a read means that the owner did not change meanwhile.
        version         bigint  not null default 1,
        constraint fence_has_two_ends check ((fence_from is null) = (fence_to is null))
      );

      create function strangler.count_version() returns trigger language plpgsql as $$
      begin
        new.version := old.version + 1;
        return new;
      end $$;
      create trigger count_version before update on strangler.ownership
        for each row execute function strangler.count_version();

      -- What tells this database from a restored or cloned copy of it.
      create function strangler.home() returns text language sql stable as $$
        select (select system_identifier from pg_control_system()) || '/' || oid
        from pg_database where datname = current_database()
      $$;

      -- The bucket of a routing key, 0 to 9999; the same function in TypeScript: bucket.ts. The backslash is doubled because
      -- the cast to bytea reads escapes; convert_to would keep the function from being inlined, which makes it 4 times slower.
      -- Through bigint, because bit(32)::integer is negative half of the time.
      create function strangler.bucket(p_module text, p_key text) returns integer
        language sql immutable strict parallel safe
        return (('x' || encode(substr(sha256(replace(p_module || ':' || p_key, '\\', '\\\\')::bytea), 1, 4), 'hex'))::bit(32)::bigint
          % 10000)::integer;

      -- Every writer holds this lock, shared, from before it looks at the ownership row to its commit. Nobody takes it
      -- exclusively: who changes the row waits for those that held it then (ownership.ts).
      create function strangler.writer_lock() returns integer language sql immutable parallel safe return 1937011297;
      -- Held exclusively by a relay that sleeps; a writer that cannot take it, shared, has to wake it.
      create function strangler.sleep_lock() returns integer language sql immutable parallel safe return 1937011298;
      -- Held by the one relay of a module (a session lock).
      create function strangler.relay_lock() returns integer language sql immutable parallel safe return 1937011299;

      -- The ownership row as it must be seen by a writer. In READ COMMITTED every statement of a function has its own
      -- snapshot, so the row is read after the lock is ours. Under the other levels the snapshot may be older than a
      -- hand-off: FOR SHARE then fails with 40001, and the transaction is run again.
      create function strangler.enter(p_module text) returns strangler.ownership language plpgsql as $$
      declare
        o strangler.ownership;
      begin
        perform pg_advisory_xact_lock_shared(strangler.writer_lock(), hashtext(p_module));
        if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
          select * into o from strangler.ownership where module = p_module for share;
        else
          select * into o from strangler.ownership where module = p_module;
        end if;
        if not found then
          raise 'strangler_unknown: % has no row in strangler.ownership', p_module using errcode = 'SR404';
        end if;
        return o;
      end $$;

      -- Raises unless this side owns all the buckets.
      create function strangler.require_owned(o strangler.ownership, p_buckets integer[]) returns void
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
              using errcode = 'SR409';
          end if;
        end loop;
      end $$;

      -- First of all in every command: whether this side owns the keys, now and until this transaction ends.
      create function strangler.assert_owner(p_module text, p_keys text[]) returns void language plpgsql as $$
      begin
        perform strangler.require_owned(strangler.enter(p_module),
          array(select strangler.bucket(p_module, key) from unnest(p_keys) key));
      end $$;

      -- Whether this side owns the key at this moment: to choose what to work on, never to write by.
      create function strangler.owns(p_module text, p_key text) returns boolean language sql stable as $$
        select (strangler.bucket(p_module, p_key) < extracted_below) = (side = 'extracted')
          and not coalesce(strangler.bucket(p_module, p_key) >= fence_from
            and strangler.bucket(p_module, p_key) < fence_to, false)
        from strangler.ownership where module = p_module
      $$;

      -- The same for a bucket, by an ownership row at hand.
      create function strangler.owned_by(o strangler.ownership, p_bucket integer) returns boolean
        language sql immutable parallel safe
        return (p_bucket < (o).extracted_below) = ((o).side = 'extracted')
          and not coalesce(p_bucket >= (o).fence_from and p_bucket < (o).fence_to, false);

      -- All of them: then no row's bucket need be known, which is a third of the time that it takes to read one.
      create function strangler.owns_all(o strangler.ownership) returns boolean language sql immutable parallel safe
        return (o).extracted_below = (case (o).side when 'extracted' then 10000 else 0 end) and (o).fence_from is null;

      -- Whether any bucket is this side's, from here to the end of the transaction.
      create function strangler.owns_any(p_module text) returns boolean language plpgsql as $$
      declare
        o strangler.ownership := strangler.enter(p_module);
      begin
        return o.extracted_below <> (case o.side when 'extracted' then 0 else 10000 end);
      end $$;

      -- Changed rows that the other side does not have yet. Never read by "id greater than the last": ids become visible
      -- out of order.
      create table strangler.outbox (
        id         bigint      generated always as identity,
        module     text        not null,
        table_name text        not null,
        -- The primary key's columns as text, and the routing key.
        pk         text[]      not null,
        key        text        not null,
        bucket     integer     not null,
        at         timestamptz not null default clock_timestamp(),
        -- Why the row can never be applied as it is; null: on its way.
        parked     text,
        primary key (module, id)
      ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
              autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
      create index parked_rows on strangler.outbox (module, id) where parked is not null;

      -- One row a module that this database sends: the relay's leadership.
      create table strangler.relay (
        module         text   primary key,
        -- Grows with every leadership; a batch of an older term is refused by the receiver.
        term           bigint not null default 0,
        -- The other side does not confirm: writes stand in the outbox and are answered.
        degraded_since timestamptz,
        reason         text,
        -- Still degraded, but answers wait again: those that did not are on their way.
        recovering     boolean not null default false
      );

      -- How far the copying of the rows from before capture has come, a row a table.
      create table strangler.backfill (
        module     text,
        table_name text,
        -- The primary key of the last row copied; null: none yet.
        after      text[],
        done       boolean     not null default false,
        copied     bigint      not null default 0,
        total      bigint      not null default 0,
        started_at timestamptz not null default clock_timestamp(),
        primary key (module, table_name)
      );

      -- One row a module that this database receives: the last batch that was stored.
      create table strangler.applied (
        module text        primary key,
        term   bigint      not null default 0,
        seq    bigint      not null default 0,
        at     timestamptz not null default clock_timestamp()
      );

      -- What a capture trigger does after it has found the changed rows. \`p_ids\` are their rows in the outbox, null for rows
      -- written by apply. Checked after the write: the row locks are ours, and a refusal takes the write back.
      create function strangler.captured(p_module text, p_buckets integer[], p_ids bigint[]) returns void
        language plpgsql as $$
      declare
        o strangler.ownership := strangler.enter(p_module);
      begin
        if p_ids is null then
          if exists (select from unnest(p_buckets) bucket where strangler.owned_by(o, bucket)) then
            raise 'strangler_owned_here: % rows of the other side for buckets that this side owns', p_module
              using errcode = 'SR410';
          end if;
          return;
        end if;
        perform strangler.require_owned(o, p_buckets);
        -- Read by the executor, which waits until exactly these rows are stored on the other side.
        perform set_config('strangler.outbox',
          concat_ws(',', nullif(current_setting('strangler.outbox', true), ''), array_to_string(p_ids, ',')), true);
        if not pg_try_advisory_xact_lock_shared(strangler.sleep_lock(), hashtext(p_module)) then
          perform pg_notify('strangler_outbox', p_module);
        end if;
      end $$;

      -- First of all in every batch: from here on each earlier one is refused, since a paused sender would bring back old
      -- rows; and none of its buckets may be owned here. (The triggers of capture ask so, too, where there are any.)
      create function strangler.begin_batch(p_module text, p_term bigint, p_seq bigint, p_buckets integer[]) returns void
        language plpgsql as $$
      begin
        insert into strangler.applied as last (module, term, seq) values (p_module, p_term, p_seq)
        on conflict (module) do update set term = p_term, seq = p_seq, at = clock_timestamp()
          where (last.term, last.seq) < (p_term, p_seq);
        if not found then
          raise 'strangler_stale: a later batch of % was stored before', p_module
            using errcode = 'SR412', detail = (select term from strangler.applied where module = p_module);
        end if;
        perform strangler.captured(p_module, p_buckets, null);
      end $$;

      create function strangler.refuse_truncate() returns trigger language plpgsql as $$
      begin
        raise 'strangler_truncate: %.% is being moved, and a truncate cannot be carried over; use delete',
          tg_table_schema, tg_table_name using errcode = 'SR403';
      end $$;
    `);
    await runner.query(`
      -- As before, and first of all, before anything is read: does this side own the keys?
      alter function strangler.begin_command(text, uuid, text[], bytea) rename to claim_command;
      create function strangler.begin_command(p_module text, p_command uuid, p_keys text[], p_hash bytea)
        returns table (state text, result text) language plpgsql as $$
      begin
        perform strangler.assert_owner(p_module, p_keys);
        return query select * from strangler.claim_command(p_module, p_command, p_keys, p_hash);
      end $$;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop function strangler.begin_command(text, uuid, text[], bytea);
      alter function strangler.claim_command(text, uuid, text[], bytea) rename to begin_command;
      drop table strangler.outbox, strangler.relay, strangler.backfill, strangler.applied;
      drop function strangler.refuse_truncate, strangler.begin_batch, strangler.captured, strangler.owns_any, strangler.owns_all, strangler.owned_by, strangler.owns,
        strangler.assert_owner, strangler.require_owned, strangler.enter, strangler.relay_lock, strangler.sleep_lock,
        strangler.writer_lock, strangler.bucket, strangler.home;
      drop table strangler.ownership;
      drop function strangler.count_version;
    `);
  }
}
