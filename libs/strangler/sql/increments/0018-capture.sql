-- What a captured write costs (docs/adr/0034-what-a-captured-write-costs.md).

-- PostgreSQL compiles a check anew for each statement; whoever writes these rows counts them anyway.
alter table strangler.outbox drop constraint outbox_count_check;

-- Whether this side may write whatever bucket: then nobody need know any.
create function strangler.may_write_all(o strangler.ownership) returns boolean language sql stable parallel safe
  return strangler.owns_all(o) and strangler.is_proven(o);

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

-- As before; buckets are computed only where some are not this side's.
create or replace function strangler.assert_owner(p_module text, p_keys text[]) returns void language plpgsql as $$
declare
  o strangler.ownership := strangler.enter(p_module);
begin
  if not strangler.owns_all(o) then
    perform strangler.require_owned(o, array(select strangler.bucket(p_module, key) from unnest(p_keys) key));
  end if;
end $$;

-- Takes changes out of their rows that are done (detach_changes). Mostly nothing is left of those, which is a simple delete.
create function strangler.delete_changes(p_module text, p_changes bigint[]) returns void language plpgsql as $$
declare
  lowest bigint;
  highest bigint;
  done bigint;
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
    perform strangler.detach_changes(p_module, p_changes, false);
  end if;
end $$;
