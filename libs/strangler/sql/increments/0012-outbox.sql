-- One outbox row a statement (docs/adr/0026-one-outbox-row-a-statement.md). A row holds `count` changes, and their numbers are
-- `id`, `id + 1` and so on: the next row's id is 1,000 further on, and no row holds more. So a row can be split in place, and its
-- parts keep their numbers and with them their order.

-- A row of before is a row with one change, and keeps its number.
alter table strangler.outbox rename pk to pks;
alter table strangler.outbox rename key to keys;
alter table strangler.outbox rename bucket to low;
alter table strangler.outbox
  -- The primary keys, each as the text of an array of texts, and the routing keys.
  alter column pks type text[] using array[pks::text],
  alter column keys type text[] using array[keys],
  add column count integer not null default 1 check (count between 1 and 1000),
  -- No bucket of its keys lies outside of [low, high].
  add column high integer;
update strangler.outbox set high = low;
alter table strangler.outbox alter column high set not null, alter column count drop default,
  alter column id set increment by 1000;
select setval('strangler.outbox_id_seq', (last_value / 1000 + 1) * 1000, false) from strangler.outbox_id_seq;

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
drop function strangler.captured(text, integer[], bigint[]);

create function strangler.refuse_key_change() returns trigger language plpgsql as $$
begin
  raise 'strangler_key_changed: %.% is being moved, and its primary or routing key cannot be changed',
    tg_table_schema, tg_table_name using errcode = 'SR403';
end $$;

-- The changes of this transaction that wait in the outbox, by module.
create or replace function strangler.captured_rows(p_modules text[])
  returns table (module text, ids bigint[]) language sql stable as $$
  select o.module, array_agg(o.id + place) from strangler.outbox o cross join generate_series(0, o.count - 1) place
  where o.module = any(p_modules) and o.id in (
    select split_part(written, '-', 1)::bigint
    from unnest(string_to_array(nullif(current_setting('strangler.outbox', true), ''), ',')) written)
  group by o.module
$$;
