-- How rows come to the other side: the relay that sends them, the copying of those from before capture, and the receiver's record of
-- what it has stored (docs/guarantees.md, "Continuity"; docs/adr/0015-a-batch-is-whole.md).
--
-- A batch names the database that it comes from and the one that it is for, the start of its server, and what it comes behind.
-- `begin_batch` refuses one that is late, foreign, or behind something that this copy lacks.
--
-- SQLSTATEs: SR412 a batch that is not later than the last one (its detail is the term of that one) · SR430 a batch of, or for, another
-- database · SR431 a batch of a start that has not said hello · SR432 the copy lacks what its sender has had confirmed · SR433 a batch
-- for a module that is not being moved · SR436 tables are not what the statements that store rows in them were made for · SR437 what is
-- too many here may be all that is left of a write.

-- The sender

-- Held by the one relay of a module (a session lock).
create function strangler.relay_lock() returns integer language sql immutable parallel safe return 1937011299;

-- One row a module that this database sends: the relay's leadership.
create table strangler.relay (
  module         text        primary key,
  -- Grows with every leadership; a batch of an older term is refused by the receiver.
  term           bigint      not null default 0,
  -- The other side does not confirm: writes stand in the outbox and are answered.
  degraded_since timestamptz,
  reason         text,
  -- Still degraded, but answers wait again: those that did not are on their way.
  recovering     boolean     not null default false,
  -- One number for each filling of the copy; a position says nothing about another life.
  life           bigint      not null default 0,
  -- The last batch with content that the other side has stored, in this life; null: none.
  confirmed_term bigint,
  confirmed_seq  bigint,
  -- Why the other side takes no batch though it answers. It is no reason to answer without it.
  refused        text,
  -- From when on writes are answered without the other side: not before its copy counts as fresh no more.
  alone_at       timestamptz
);
select strangler.guard_table('strangler.relay');

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
select strangler.guard_table('strangler.backfill');

-- The receiver

-- One row a module that this database receives: the last batch that was stored.
create table strangler.applied (
  module      text        primary key,
  term        bigint      not null default 0,
  seq         bigint      not null default 0,
  at          timestamptz not null default clock_timestamp(),
  -- Null: the copy lacks something, and is to be filled anew.
  life        bigint,
  complete    boolean     not null default false,
  -- Ids of batches up to here are forgotten.
  pruned_term bigint      not null default 0,
  pruned_seq  bigint      not null default 0,
  -- When this copy, by the clock of its own database, last held all that its sender had; null: that is not known. A batch that does
  -- not hold all, or was long on its way, leaves it alone.
  whole_at    timestamptz
);
select strangler.guard_table('strangler.applied');

-- What batches above the sender's confirmed position have carried: the sender must still have it, or have had it confirmed.
create table strangler.received (
  module text     not null,
  term   bigint   not null,
  seq    bigint   not null,
  ids    bigint[] not null,
  primary key (module, term, seq)
);
alter table strangler.received alter ids set storage external;
select strangler.guard_table('strangler.received');

-- First of all in every batch. The applied row is locked before the ownership row is read: a hello that has been answered
-- since is seen here, and one that comes meanwhile waits and sees what this batch has stored.
create function strangler.begin_batch(p_module text, p_from uuid, p_to uuid, p_start timestamptz, p_term bigint,
  p_seq bigint, p_life bigint, p_after bigint[], p_confirmed bigint[], p_ids bigint[], p_complete boolean)
  returns void language plpgsql as $$
declare
  last strangler.applied;
  o strangler.ownership;
begin
  insert into strangler.applied (module) values (p_module) on conflict do nothing;
  select * into last from strangler.applied where module = p_module for update;
  select * into o from strangler.ownership where module = p_module;
  if p_to is distinct from strangler.database_id() or p_from is distinct from o.peer then
    raise 'strangler_foreign: % belongs to the database % since %', p_module, o.peer, o.peer_since
      using errcode = 'SR430', detail = coalesce(o.peer::text, 'nobody');
  end if;
  o := strangler.enter(p_module);
  if o.peer_start is distinct from p_start then
    raise 'strangler_hello_first: the sender of % has started anew and has not said hello', p_module using errcode = 'SR431';
  elsif not o.capture then
    raise 'strangler_not_moving: % is not being moved', p_module using errcode = 'SR433';
  elsif (last.term, last.seq) >= (p_term, p_seq) then
    raise 'strangler_stale: a later batch of % was stored before', p_module
      using errcode = 'SR412', detail = last.term;
  elsif (case when last.life is not distinct from p_life
      then p_after is not null and (last.term, last.seq) < (p_after[1], p_after[2])
      else p_after is not null or p_confirmed is not null end) then
    raise 'strangler_behind: this copy of % lacks what was confirmed', p_module using errcode = 'SR432';
  end if;
  if last.life is distinct from p_life then
    delete from strangler.received where module = p_module;
    last.complete := false;
    last.pruned_term := 0;
    last.pruned_seq := 0;
  elsif p_confirmed is not null then
    delete from strangler.received where module = p_module and (term, seq) <= (p_confirmed[1], p_confirmed[2]);
    if (last.pruned_term, last.pruned_seq) < (p_confirmed[1], p_confirmed[2]) then
      last.pruned_term := p_confirmed[1];
      last.pruned_seq := p_confirmed[2];
    end if;
  end if;
  update strangler.applied set term = p_term, seq = p_seq, at = clock_timestamp(), life = p_life,
    complete = last.complete or p_complete, pruned_term = last.pruned_term, pruned_seq = last.pruned_seq
  where module = p_module;
  if cardinality(p_ids) > 0 then
    insert into strangler.received (module, term, seq, ids) values (p_module, p_term, p_seq, p_ids);
  end if;
end $$;

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

-- Whether rows of keys that the other side owns are copies. 'not captured': anybody writes them; 'unknown': somebody may have.
create function strangler.copies_here(p_module text, p_table text, p_oid regclass) returns text language sql stable as $$
  select case
      when not o.capture then 'known'
      when r.awaits is not null then 'unknown'
      when r.place is distinct from strangler.place()
        then case when strangler.is_captured(p_oid) then 'known' else 'not captured' end
      when strangler.stands_captured(p_module, p_table, p_oid) then 'known'
      else 'unknown'
    end
  from strangler.ownership o left join strangler.captured_table r on r.module = o.module and r.table_name = p_table
  where o.module = p_module
$$;

-- Stops a batch that would delete rows of which that is not known.
create function strangler.require_copies(p_module text, p_table text, p_copies text, p_too_many boolean) returns void
  language plpgsql as $$
declare
  here text;
  other text;
begin
  select side, case side when 'monolith' then 'extracted' else 'monolith' end into here, other
  from strangler.ownership where module = p_module;
  if p_copies = 'not captured' then
    raise 'strangler_not_captured: the table % on % is not captured yet', p_table, here using errcode = 'SR437';
  elsif p_too_many then
    raise 'the table % on % has rows of keys that % owns and has not (verify names them): insert them at %, or let it win (verify --repair)',
      p_table, here, other, other using errcode = 'SR437';
  end if;
end $$;
