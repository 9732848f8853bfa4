-- Capture is checked, not believed (docs/adr/0037-capture-is-checked.md).
--
-- SQLSTATE SR436: tables are not what the statements that store rows in them were made for.

-- What capture of a table stood on when it began: then nothing was missing. A row a table that is captured.
create table strangler.captured_table (
  module     text,
  table_name text,
  -- Where that was: a database that was moved, or made anew from a dump, has other numbers for the same.
  place      text not null,
  triggers   text not null,
  columns    text not null,
  primary key (module, table_name)
);

create function strangler.place() returns text language sql stable
  return strangler.home() || ' ' || 'strangler.ownership'::regclass::oid;

-- The triggers of a table, each with when it was last changed: one that was switched off and on again is another one.
create function strangler.triggers_of(p_table regclass) returns text language sql stable as $$
  select p_table::oid || ' ' || coalesce(string_agg(format('%s %s %s %s', t.tgname, t.oid, t.xmin, t.tgenabled), ', ' order by t.tgname), '')
  from pg_trigger t where t.tgrelid = p_table and not t.tgisinternal and t.tgname like 'strangler\_%'
$$;

-- Whether all of them are there and fire whatever the role of replication.
create function strangler.is_captured(p_table regclass) returns boolean language sql stable as $$
  select count(*) filter (where t.tgenabled = 'A') = 5
  from pg_trigger t where t.tgrelid = p_table
    and t.tgname in ('strangler_insert', 'strangler_update', 'strangler_delete', 'strangler_truncate', 'strangler_key')
$$;

-- The columns of these tables, as one number that is another one after every change of them. Only within this database.
-- Asked with each batch: a plan for each list of tables would cost more than to run it.
create function strangler.columns_of(p_tables oid[]) returns text language plpgsql stable
  set plan_cache_mode = force_generic_plan as $$
begin
  return (
    select coalesce(sum(hashtextextended(
      concat_ws(' ', a.attrelid, a.attnum, a.atttypid, a.atttypmod, a.attgenerated, a.attname), 0)), 0)::text
    from pg_attribute a where a.attrelid = any(p_tables) and a.attnum > 0 and not a.attisdropped
  );
end $$;

-- Goes behind what stores rows: their tables are locked then, and nobody can change them any more before the commit.
create function strangler.require_columns(p_tables oid[], p_columns text) returns void language plpgsql as $$
begin
  if strangler.columns_of(p_tables) is distinct from p_columns then
    raise 'strangler_other_columns: the tables have changed' using errcode = 'SR436';
  end if;
end $$;
