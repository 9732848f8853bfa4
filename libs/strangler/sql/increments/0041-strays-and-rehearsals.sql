-- Writes past the port are counted with their origin, and commands are rehearsed on the side that does not own them
-- (docs/adr/0061-strays-and-rehearsals.md). The triggers that count and let pass are made anew by each process that starts.

-- Whether this transaction writes the module through its port: `assert_owner` has said so.
create function strangler.is_through_port(p_module text) returns boolean language sql stable parallel safe
  return coalesce(strpos(current_setting('strangler.through_port', true), ' ' || p_module || ' ') > 0, false);

-- First of all in every command: whether this side owns the keys, now and until this transaction ends. Buckets are computed only where
-- some are not this side's.
create or replace function strangler.assert_owner(p_module text, p_keys text[]) returns void language plpgsql as $$
declare
  o strangler.ownership := strangler.enter(p_module);
  told text := current_setting('strangler.through_port', true);
begin
  if not strangler.owns_all(o) then
    perform strangler.require_owned(o, array(select strangler.bucket(p_module, key) from unnest(p_keys) key));
  end if;
  if not strangler.is_through_port(p_module) then
    told := set_config('strangler.through_port', concat(told, ' ', p_module, ' '), true);
  end if;
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

-- Rehearsals

-- A row here says that its transaction rehearses a command: it cannot commit.
create unlogged table strangler.rehearsal (module text not null);

create function strangler.refuse_commit() returns trigger language plpgsql as $$
begin
  raise 'strangler_rehearsal: a command of % is rehearsed, and cannot commit', new.module using errcode = 'SR438';
end $$;
create constraint trigger refuse_commit after insert on strangler.rehearsal
  deferrable initially deferred for each row execute function strangler.refuse_commit();
alter table strangler.rehearsal enable always trigger refuse_commit;

-- First of all in a transaction that runs a command and takes it back, whoever owns its keys. It takes no writer's lock, so that no fence
-- waits for it; what it writes is not captured. It keeps nobody waiting for long, also if its process is stopped in the middle of it.
create function strangler.begin_rehearsal(p_module text) returns void language plpgsql as $$
begin
  perform strangler.require_release();
  insert into strangler.rehearsal values (p_module);
  -- Capture triggers pass what is applied, and look closer at it (capture.sql.ts).
  perform set_config('strangler.applying', p_module, true), set_config('strangler.rehearsing', p_module, true),
    set_config('lock_timeout', '50ms', true), set_config('statement_timeout', '200ms', true),
    set_config('idle_in_transaction_session_timeout', '200ms', true);
  -- From PostgreSQL 17 on.
  perform set_config(name, '200ms', true) from pg_settings where name = 'transaction_timeout';
end $$;

alter table strangler.shadow_window drop constraint shadow_window_origin_check;
alter table strangler.shadow_window add constraint shadow_window_origin_check check (origin in ('customer', 'probe', 'rehearsal'));
