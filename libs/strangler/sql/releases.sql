-- Which releases may work on this database (docs/adr/0033-a-database-knows-its-lowest-release.md).
--
-- A process tells its release by its session. The first statement of every command, every captured write and every batch asks whether
-- that release may work here (`enter`, ownership.sql). The tables that are written without it have a trigger that asks the same.
--
-- SQLSTATE SR426: the process is of an older release than the database takes.

create schema if not exists strangler;

-- The increments that this database has or, where it began with the base, that the base contains. A table as TypeORM makes it, with the
-- names that releases before gave their migrations: one of them that starts here finds nothing to do. It may have left it empty.
create table if not exists strangler.migrations (
  id          serial            constraint "PK_8c82d7f526340ab734260ea46be" primary key,
  "timestamp" bigint            not null,
  name        character varying not null
);

-- A release as a number: 0.2.0 is 2000.
create function strangler.release_number(p_release text) returns integer language sql immutable strict parallel safe
  return split_part(p_release, '.', 1)::integer * 1000000 + split_part(p_release, '.', 2)::integer * 1000
    + split_part(p_release, '.', 3)::integer;
create function strangler.release_text(p_number integer) returns text language sql stable strict parallel safe
  return concat_ws('.', p_number / 1000000, p_number / 1000 % 1000, p_number % 1000);

-- The lowest release whose processes may work here. An increment that older ones cannot live with replaces this. It is a function and
-- no table: PostgreSQL writes it into its plans, and makes those anew when it changes. STABLE, for what is IMMUTABLE is in them for good.
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

-- Four functions that 0.1.0 calls and no later release does. Whatever its session is named, it hears why it is refused.
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
