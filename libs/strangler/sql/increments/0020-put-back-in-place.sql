-- A database that is put back while its server runs on (docs/adr/0030-a-database-proves-itself.md).
--
-- SQLSTATE SR435: a change that was sent is not in the outbox, and nobody has taken it away.

-- A server that was restored, promoted or restarted has another start; so has a database whose tables were dropped and made
-- anew from a dump, for their numbers are new. Only here is it asked for.
create or replace function strangler.server_start() returns timestamptz language sql stable parallel safe as $$
  select pg_postmaster_start_time() + 'strangler.ownership'::regclass::oid::bigint * interval '1 microsecond'
$$;
-- Whoever was proven is: only what a start is called has changed.
update strangler.ownership set proven_start = strangler.server_start() where proven_start = pg_postmaster_start_time();

create or replace function strangler.delete_changes(p_module text, p_changes bigint[]) returns void language plpgsql as $$
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
