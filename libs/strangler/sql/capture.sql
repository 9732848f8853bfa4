-- What was written here and has to go to the other side (docs/adr/0026-one-outbox-row-a-statement.md,
-- docs/adr/0034-what-a-captured-write-costs.md, docs/adr/0037-capture-is-checked.md, docs/adr/0061-strays-and-rehearsals.md).
--
-- The triggers on a module's tables are made by the process that begins capture (capture.sql.ts). They call the functions of this page:
-- a statement's changes become rows of the outbox, in the transaction that made them. The relay sends them and takes them out.
--
-- SQLSTATEs: SR403 a write that capture cannot carry (a changed key, truncate) · SR410 apply on a bucket that this side owns ·
-- SR435 a change that was sent is not in the outbox, and nobody has taken it away.

-- The outbox

-- Changed rows that the other side does not have yet: a row a statement and table, which holds `count` changes. Their numbers are `id`,
-- `id + 1` and so on: the next row's id is 1,000 further on, and no row holds more. So a row can be split in place, and its parts keep
-- their numbers and with them their order. Never read by "id greater than the last": ids become visible out of order.
create table strangler.outbox (
  id         bigint      generated always as identity (increment by 1000),
  module     text        not null,
  table_name text        not null,
  -- The primary keys, each as the text of an array of texts, and the routing keys.
  pks        text[]      not null,
  keys       text[]      not null,
  -- No bucket of its keys lies outside of [low, high].
  low        integer     not null,
  at         timestamptz not null default clock_timestamp(),
  -- Why the row can never be applied as it is; null: on its way. Such a row has one change.
  parked     text,
  -- 1 to 1,000. No check: PostgreSQL compiles it anew for each statement, and whoever writes these rows counts them anyway.
  count      integer     not null,
  high       integer     not null,
  primary key (module, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000,
        autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);
create index parked_rows on strangler.outbox (module, id) where parked is not null;
select setval('strangler.outbox_id_seq', 1000, false);
-- Who inserts has entered.
select strangler.guard_table('strangler.outbox', 'update or delete');

-- Rows of the outbox that left it without being stored on the other side: a report, never data.
create table strangler.given_up (
  module     text        not null,
  id         bigint      not null,
  table_name text        not null,
  pk         text[]      not null,
  key        text        not null,
  why        text        not null,
  -- It could never be applied as it was, and a person, or a newer change of its row, has put it away.
  parked     boolean     not null default false,
  at         timestamptz not null default clock_timestamp(),
  primary key (module, id)
);
select strangler.guard_table('strangler.given_up');

-- Held exclusively by a relay that sleeps; a writer that cannot take it, shared, has to wake it.
create function strangler.sleep_lock() returns integer language sql immutable parallel safe return 1937011298;

-- Change by change.
create view strangler.outbox_changes as
  select o.module, o.id + c.place - 1 as id, o.table_name, c.pk::text[] as pk, c.key, o.at, o.parked
  from strangler.outbox o cross join unnest(o.pks, o.keys) with ordinality c (pk, key, place);

-- The row that holds a change, if any.
create function strangler.outbox_row_of(p_module text, p_change bigint) returns setof strangler.outbox
  language sql stable as $$
  select o from strangler.outbox o
  where o.module = p_module and o.id between p_change - 999 and p_change and o.id + o.count > p_change
$$;

-- Whether a change of the buckets [p_from, p_to) up to this number is still here. Where a row's range says nothing, its
-- keys are asked.
create function strangler.outbox_holds(p_module text, p_from integer, p_to integer, p_up_to bigint) returns boolean
  language sql stable as $$
  select exists (
    select from strangler.outbox o
    where o.module = p_module and o.id <= p_up_to and o.low < p_to and o.high >= p_from
      and (o.low >= p_from and o.high < p_to
        or exists (select from unnest(o.keys) key
          where strangler.bucket(p_module, key) >= p_from and strangler.bucket(p_module, key) < p_to)))
$$;

-- What triggers do

-- Writes changes down, a row for each thousand, and tells the transaction their numbers ("5000" or "5000-5002"). It is
-- read by the executor, which waits until exactly these are stored on the other side.
create function strangler.record_changes(
  p_module text, p_table text, p_pks text[], p_keys text[], p_low integer, p_high integer)
  returns void language plpgsql as $$
declare
  written text;
begin
  with added as (
    insert into strangler.outbox (module, table_name, pks, keys, count, low, high)
    select p_module, p_table, array_agg(pk order by place), array_agg(key order by place), count(*), p_low, p_high
    from unnest(p_pks, p_keys) with ordinality c (pk, key, place) group by (place - 1) / 1000 order by (place - 1) / 1000
    returning id, count)
  select string_agg(case when count = 1 then id::text else id || '-' || id + count - 1 end, ',') into written from added;
  perform set_config('strangler.outbox',
    concat_ws(',', nullif(current_setting('strangler.outbox', true), ''), written), true);
end $$;

-- What a capture trigger does with its rows where not all may be written, or where it is not sure. Checked after the write:
-- the row locks are ours, and a refusal takes the write back. Returns whether there were any.
create function strangler.record_owned(p_module text, p_table text, p_pks text[], p_keys text[]) returns boolean
  language plpgsql as $$
declare
  o strangler.ownership;
  buckets integer[];
  low integer := 0;
  high integer := 9999;
begin
  if cardinality(p_pks) = 0 then
    return false;
  end if;
  o := strangler.enter(p_module);
  if not strangler.owns_all(o) or array_position(p_keys, null) is not null then
    buckets := array(select distinct strangler.bucket(p_module, key) from unnest(p_keys) key);
    perform strangler.require_owned(o, buckets);
    select min(bucket), max(bucket) into low, high from unnest(buckets) bucket;
  end if;
  perform strangler.record_changes(p_module, p_table, p_pks, p_keys, low, high);
  return true;
end $$;

-- Of rows that apply writes: none may be of a bucket that this side owns.
create function strangler.require_not_owned(p_module text, p_buckets integer[]) returns void language plpgsql as $$
declare
  o strangler.ownership := strangler.enter(p_module);
begin
  if exists (select from unnest(p_buckets) bucket where strangler.owned_by(o, bucket)) then
    raise 'strangler_owned_here: % rows of the other side for buckets that this side owns', p_module
      using errcode = 'SR410';
  end if;
end $$;

create function strangler.refuse_key_change() returns trigger language plpgsql as $$
begin
  raise 'strangler_key_changed: %.% is being moved, and its primary or routing key cannot be changed',
    tg_table_schema, tg_table_name using errcode = 'SR403';
end $$;

create function strangler.refuse_truncate() returns trigger language plpgsql as $$
begin
  raise 'strangler_truncate: %.% is being moved, and a truncate cannot be carried over; use delete',
    tg_table_schema, tg_table_name using errcode = 'SR403';
end $$;

-- For each of these modules, in their order, what this transaction has written down for it, as store_results answers; null: nothing.
-- In plpgsql, for that keeps its plans, and with settings that keep them: PostgreSQL would take one for each list of changes to be a
-- little cheaper, and make it anew each time. By the index, for a plan that is kept may be from when the outbox was empty.
create function strangler.captured_rows(p_modules text[]) returns text[] language plpgsql stable
  set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  written text[] := string_to_array(nullif(current_setting('strangler.outbox', true), ''), ',');
  start text := strangler.start_text(strangler.server_start());
  found text[] := '{}';
  name text;
begin
  foreach name in array p_modules loop
    found := array_append(found, nullif(array_to_string(array(
      select w from unnest(written) w
      where (select o.module from strangler.outbox o where o.id = split_part(w, '-', 1)::bigint) = name), ','), '') || ' ' || start);
  end loop;
  return found;
end $$;

-- Writes past the port

-- What SQL says without its values: a literal may be anybody's, and this is stored and shown. What cannot be told apart from one is left out
-- with all behind it.
create function strangler.without_values(p_sql text) returns text language plpgsql immutable parallel safe as $$
declare
  -- Behind a backslash, a dollar quote or a comment in a comment nobody knows where a literal ends.
  told text := regexp_replace(split_part(left(p_sql, 2000), '\', 1),
    '\$([[:alpha:]_]\w*)?\$.*|/\*([^*/]|\*(?!/)|/(?!\*))*/\*.*', ' ?');
begin
  select string_agg(coalesce(part[1], case when part[2] is null then ' ' else '?' end), '' order by place) into told
  from regexp_matches(told, $re$("(?:[^"]|"")*"|[[:alpha:]_][\w$]*|[^"'[:alnum:]_/$-]+|[-/"$])|((?:[ebnx]|u&)?'(?:[^']|'')*(?:'|$)|\$\d+|\d[\w.]*)|(--[^\n]*|/\*(?:[^*]|\*+[^*/])*(?:\*+/|$))$re$, 'gi')
    with ordinality parts (part, place);
  told := regexp_replace(btrim(regexp_replace(told, '\s+', ' ', 'g')), '\?( ?, ?\?)+', '?, ...', 'g');
  return left(regexp_replace(told, '\(\?, \.\.\.\)( ?, ?\(\?, \.\.\.\))+', '(?, ...), ...', 'g'), 300);
end $$;

-- Statements that have written a captured table, in transactions that no command of its module has begun. Whoever writes inserts a row here, so
-- that none waits for another; `count_strays` takes them away again. What a crash takes of them is a second of counts.
create unlogged table strangler.stray (
  module      text not null,
  table_name  text not null,
  sql         text not null,
  role        text not null,
  -- Empty: over a socket of the server's own machine.
  address     text not null,
  application text not null
);

-- The same, added up by where they come from. One whose columns are empty stands for those beyond the bound.
create table strangler.stray_origin (
  module      text,
  table_name  text,
  sql         text,
  role        text,
  address     text,
  application text,
  count       bigint      not null,
  -- When they were seen: a transaction is not, before it has ended.
  first_at    timestamptz not null default clock_timestamp(),
  last_at     timestamptz not null default clock_timestamp(),
  primary key (module, table_name, sql, role, address, application)
);

-- With the rights of the schema's owner, and without a word when it fails: a write must not fail for being noted. Ten a transaction are
-- enough; the block that keeps the error is a subtransaction.
create function strangler.note_stray(p_module text, p_table text) returns void
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  noted integer := coalesce(length(current_setting('strangler.noted', true)), 0);
begin
  if noted >= 10 then
    return;
  end if;
  begin
    perform set_config('strangler.noted', repeat('x', noted + 1), true);
    insert into strangler.stray (module, table_name, sql, role, address, application)
    values (p_module, p_table, strangler.without_values(coalesce(current_query(), '')), session_user,
      coalesce(host(inet_client_addr()), ''), left(current_setting('application_name'), 100));
  exception when others then
    null;
  end;
end $$;

-- Adds up what was noted of a module. Twenty origins are kept apart; who has not been seen for a week makes room.
create function strangler.count_strays(p_module text) returns void language plpgsql as $$
begin
  if not exists (select from strangler.stray where module = p_module) then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('strangler strays', 0));
  delete from strangler.stray_origin where module = p_module and last_at < clock_timestamp() - interval '7 days';
  with taken as (
    delete from strangler.stray where module = p_module returning *
  ), found as (
    select s.module, s.table_name, s.sql, s.role, s.address, s.application, count(*) as count, o.module is not null as known
    from taken s left join strangler.stray_origin o using (module, table_name, sql, role, address, application)
    group by 1, 2, 3, 4, 5, 6, 8
  ), placed as (
    select *, known or row_number() over (partition by known order by count desc)
      + (select count(*) from strangler.stray_origin where module = p_module) <= 20 as apart
    from found
  )
  insert into strangler.stray_origin as o (module, table_name, sql, role, address, application, count)
  select module, case when apart then table_name else '' end, case when apart then sql else '' end,
    case when apart then role else '' end, case when apart then address else '' end,
    case when apart then application else '' end, sum(count)
  from placed group by 1, 2, 3, 4, 5, 6
  on conflict (module, table_name, sql, role, address, application) do update
    set count = o.count + excluded.count, last_at = excluded.last_at;
end $$;

-- What the relay takes out

-- Takes changes out of their rows: `p_alone`: into rows of their own; else they are done, and gone. What is left of a row
-- stays where it was, in as many rows as it takes.
create function strangler.detach_changes(p_module text, p_changes bigint[], p_alone boolean) returns void
  language plpgsql as $$
declare
  lowest bigint := (select min(c) from unnest(p_changes) c);
  highest bigint := (select max(c) from unnest(p_changes) c);
begin
  -- The range keeps a plan that only filters away from the rest of the outbox.
  with hit as (
    delete from strangler.outbox o
    where o.module = p_module and o.id between lowest - 999 and highest and (o.count > 1 or not p_alone)
      and (o.id in (select unnest(p_changes))
        or o.count > 1 and exists (select from generate_series(o.id + 1, o.id + o.count - 1) c
          where c in (select unnest(p_changes))))
    returning *
  ), changes as (
    select h.id as of, h.table_name, h.low, h.high, h.at, c.pk, c.key, h.id + c.place - 1 as id,
      h.id + c.place - 1 in (select unnest(p_changes)) as named
    from hit h cross join unnest(h.pks, h.keys) with ordinality c (pk, key, place)
  ), runs as (
    -- Neighbours that stay have the same difference.
    select *, case when named then id else id - row_number() over (partition by of, named order by id) end as run
    from changes
  )
  insert into strangler.outbox (id, module, table_name, pks, keys, count, low, high, at) overriding system value
  select min(id), p_module, table_name, array_agg(pk order by id), array_agg(key order by id), count(*), low, high, at
  from runs where p_alone or not named group by of, named, run, table_name, low, high, at;
end $$;

-- Takes changes out of their rows that are done. Mostly nothing is left of those, which is a simple delete. Each change is done, left
-- in a row, or was given up: one that is in none of them was lost with the rest of the database.
create function strangler.delete_changes(p_module text, p_changes bigint[]) returns void language plpgsql as $$
declare
  lowest bigint;
  highest bigint;
  done bigint;
  known bigint;
begin
  select min(c), max(c) into lowest, highest from unnest(p_changes) c;
  with whole as (
    delete from strangler.outbox o
    where o.module = p_module and o.id between lowest and highest and o.id in (select unnest(p_changes))
      and not exists (select from generate_series(o.id + 1, o.id + o.count - 1) c
        where c not in (select unnest(p_changes)))
    returning count
  )
  select sum(count) into done from whole;
  if done is distinct from cardinality(p_changes) then
    select count(*) into known from unnest(p_changes) c
    where exists (select from strangler.outbox_row_of(p_module, c))
      or exists (select from strangler.given_up where module = p_module and id = c);
    if coalesce(done, 0) + known < cardinality(p_changes) then
      raise 'strangler_put_back: a change of % that was sent is not here any more', p_module using errcode = 'SR435';
    end if;
    perform strangler.detach_changes(p_module, p_changes, false);
  end if;
end $$;

-- Whether nothing was written past it

-- What capture of a table stood on when it began: then nothing was missing. A row a table that is captured.
create table strangler.captured_table (
  module     text,
  table_name text,
  -- Where that was: a database that was moved, or made anew from a dump, has other numbers for the same.
  place      text        not null,
  triggers   text        not null,
  columns    text        not null,
  -- What this side awaits of the other one: that it begins, or ends, to send all its rows of the table. Null: nothing.
  awaits     text        check (awaits in ('begin', 'end')),
  -- When other triggers were seen than those that stood there; null: never, or it was mended since.
  broken_at  timestamptz,
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

-- Nothing was written without capture since that was written down.
create function strangler.stands_captured(p_module text, p_table text, p_oid regclass) returns boolean language sql stable as $$
  select strangler.is_captured(p_oid) and exists (
    select from strangler.captured_table where module = p_module and table_name = p_table
      and place = strangler.place() and triggers = strangler.triggers_of(p_oid))
$$;

-- By what rows have their owner

-- What PostgreSQL says of an expression by which the rows of a table, called strangler_key in it, are to have their routing key: it
-- is judged as the expression of an index is. A function of another schema has to be named with it: writers have search paths of their own.
create function strangler.key_expression(p_table regclass, p_expression text)
  returns table (problem text, columns text[], definition text, type text, loose text, locale text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create temp table strangler_key (like %s)', p_table);
  execute format('create index strangler_key_key on pg_temp.strangler_key ((%s))', p_expression);
  return query
    select null::text,
      array(select a.attname::text from pg_depend d
        join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
          and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid order by a.attnum),
      pg_get_indexdef(i.indexrelid, 1, false), coalesce(b.typname, t.typname)::text,
      (select quote_ident(c.collname) from pg_collation c where c.oid = key.attcollation and not c.collisdeterministic),
      -- What makes letters large or small, knows which are letters, or in which order they stand, is told by :inputcollid by which locale.
      (select min(coalesce(o.oprname, p.proname, case call[3] when '0' then 'greatest' else 'least' end)::text)
        from regexp_matches(i.indexprs::text,
          '(?::(?:op)?funcid (\d+)|\{MINMAX)[^{}]* :inputcollid (\d+)(?: :op ([01]))?', 'g') call
        join pg_collation c on c.oid = call[2]::oid and c.collname not in ('C', 'POSIX')
        left join pg_proc p on p.oid = call[1]::oid and p.pronamespace = 'pg_catalog'::regnamespace
        left join pg_operator o on o.oprcode = p.oid
        where call[1] is null
          or p.proname ~ '^(lower|upper|initcap|casefold|regexp_.*|(text|bpchar|name)(_?[lg][te]|ic.*|regex..))$')
    from pg_index i
    join pg_attribute key on key.attrelid = i.indexrelid and key.attnum = 1
    join pg_type t on t.oid = key.atttypid
    left join pg_type b on b.oid = nullif(t.typbasetype, 0)
    where i.indexrelid = 'pg_temp.strangler_key_key'::regclass;
  drop table pg_temp.strangler_key;
exception when others then
  return query select sqlerrm, null::text[], null::text, null::text, null::text, null::text;
end $$;
