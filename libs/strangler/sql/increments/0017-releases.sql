-- Which releases may work on this database (docs/adr/0033-a-database-knows-its-lowest-release.md).
--
-- SQLSTATE SR426: the process is of an older release than the database takes.
-- Lowest release: 0.2.0

-- A release as a number: 0.2.0 is 2000.
create function strangler.release_number(p_release text) returns integer language sql immutable strict parallel safe
  return split_part(p_release, '.', 1)::integer * 1000000 + split_part(p_release, '.', 2)::integer * 1000
    + split_part(p_release, '.', 3)::integer;
create function strangler.release_text(p_number integer) returns text language sql stable strict parallel safe
  return concat_ws('.', p_number / 1000000, p_number / 1000 % 1000, p_number % 1000);

-- The lowest release whose processes may work here. Whatever makes older ones impossible replaces this. PostgreSQL writes it into
-- its plans, and makes those anew when it changes; STABLE, for what is IMMUTABLE is in them for good.
create function strangler.lowest_release() returns integer language sql stable parallel safe
  return strangler.release_number('0.2.0');

-- The release that the name of this session tells ('strangler-shop 0.2.0 set-up'). 0.1.0 did not say. Null: it is nobody of ours,
-- but a person with SQL.
create function strangler.named_release() returns integer language plpgsql stable parallel safe as $$
declare
  name text := current_setting('application_name');
begin
  if name like 'strangler%' then
    return strangler.release_number(coalesce(substring(name from ' (\d+\.\d+\.\d+)'), '0.1.0'));
  end if;
  return null;
end $$;

-- Of which release the process is that this session belongs to. A setting that it starts with says so at once.
create function strangler.session_release() returns integer language sql stable parallel safe
  return coalesce(nullif(current_setting('strangler.release', true), '')::integer, strangler.named_release());

-- Whether that process may work here. It costs as good as nothing where it is part of a statement.
create function strangler.is_admitted() returns boolean language sql stable parallel safe
  return coalesce(strangler.session_release() >= strangler.lowest_release(), true);

create function strangler.refuse_release(p_release integer) returns void language plpgsql as $$
declare
  lowest text := strangler.release_text(strangler.lowest_release());
begin
  raise 'strangler_older_release: this database was upgraded to %; this process is of %: stop it and start one of % or later',
    lowest, strangler.release_text(p_release), lowest using errcode = 'SR426';
end $$;

create function strangler.require_release() returns void language plpgsql as $$
begin
  if not strangler.is_admitted() then
    perform strangler.refuse_release(strangler.session_release());
  end if;
end $$;

create function strangler.require_release_of_writer() returns trigger language plpgsql as $$
begin
  if not strangler.is_admitted() then
    perform strangler.refuse_release(strangler.session_release());
  end if;
  return null;
end $$;

-- For tables that are written without `enter`.
create function strangler.guard_table(p_table regclass, p_events text default 'insert or update or delete') returns void
  language plpgsql as $$
begin
  execute format('create trigger strangler_release before %s on %s
    for each statement execute function strangler.require_release_of_writer()', p_events, p_table);
  execute format('alter table %s enable always trigger strangler_release', p_table);
end $$;

create or replace function strangler.enter(p_module text) returns strangler.ownership language plpgsql as $$
declare
  o strangler.ownership;
begin
  perform pg_advisory_xact_lock_shared(strangler.writer_lock(), hashtext(p_module));
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    select * into o from strangler.ownership where module = p_module and strangler.is_admitted() for share;
  else
    select * into o from strangler.ownership where module = p_module and strangler.is_admitted();
  end if;
  if not found then
    perform strangler.require_release();
    raise 'strangler_unknown: % has no row in strangler.ownership', p_module using errcode = 'SR404';
  end if;
  if o.standing is not null
    or (o.capture or o.asks) and o.proven_start is distinct from strangler.server_start() then
    raise 'strangler_unproven: this database has not proven that it still holds what it had of % (%)',
      p_module, coalesce(o.standing, 'unproven') using errcode = 'SR425', detail = coalesce(o.standing, 'unproven');
  end if;
  return o;
end $$;

do $$
declare
  latest regprocedure;
  definition text;
begin
  foreach latest in array array[
    'strangler.begin_command(text, uuid, text[], bytea[], uuid, boolean)'::regprocedure,
    'strangler.store_results(text, uuid, text[], text[], bytea[])'::regprocedure]
  loop
    definition := regexp_replace(pg_get_functiondef(latest), ' DEFAULT [^,)]+', '', 'g');
    execute format('drop function %s', latest);
    execute definition;
  end loop;
end $$;
create function strangler.begin_command(
  p_module text, p_command uuid, p_keys text[], p_hashes bytea[], p_undo_of uuid)
  returns table (key text, state text, result text) language plpgsql as $$
begin
  perform strangler.refuse_release(strangler.release_number('0.1.0'));
end $$;
create function strangler.store_results(p_module text, p_command uuid, p_keys text[], p_results text[])
  returns text language plpgsql as $$
begin
  perform strangler.refuse_release(strangler.release_number('0.1.0'));
end $$;
create function strangler.begin_batch(p_module text, p_term bigint, p_seq bigint, p_buckets integer[]) returns void
  language sql as $$ select strangler.refuse_release(strangler.release_number('0.1.0')) $$;
create function strangler.captured(p_module text, p_buckets integer[], p_ids bigint[]) returns void
  language sql as $$ select strangler.refuse_release(strangler.release_number('0.1.0')) $$;

do $$
declare
  found record;
begin
  -- Who inserts into the outbox has entered. Modules that come later guard their sagas themselves (create_saga_table).
  perform strangler.guard_table('strangler.outbox', 'update or delete');
  perform strangler.guard_table(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and (n.nspname = 'strangler' and c.relname not in ('outbox', 'migrations') or c.relname = 'saga');

  -- Capture as 0.1.0 installed it writes an outbox that is no more. A process that starts installs it anew.
  for found in
    select proname from pg_proc
    where pronamespace = 'strangler'::regnamespace and proname like 'capture\_%' and prosrc like '%strangler.captured(%'
  loop
    execute format('create or replace function strangler.%I() returns trigger language plpgsql as %L', found.proname, '
      begin
        perform strangler.require_release();
        raise ''strangler_older_capture: changes of %.% are recorded again when a process of this release has started'',
          tg_table_schema, tg_table_name using errcode = ''SR426'';
      end ');
  end loop;
end $$;
