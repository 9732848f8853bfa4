-- How a database proves that it still holds what it once confirmed, and who its peer is (docs/guarantees.md, "Continuity").
--
-- SQLSTATEs: SR425 this start of the server is not proven, or the side was put back · SR430 a batch of, or for, another
-- database · SR431 a batch of a start that has not said hello · SR432 the copy lacks what its sender has had confirmed ·
-- SR433 a batch for a module that is not being moved.

     -- One row, made when a process first starts here. It travels with every copy of the files; a start tells those apart.
     create table strangler.database (
       one boolean primary key default true check (one),
       id  uuid    not null default gen_random_uuid()
     );
     create function strangler.database_id() returns uuid language sql stable parallel safe
       return (select id from strangler.database);

     -- A restored, promoted or restarted server has another start. Only here is it asked for.
     create function strangler.server_start() returns timestamptz language sql stable parallel safe
       return pg_postmaster_start_time();
     -- A start as text, the same in every session.
     create function strangler.start_text(p_start timestamptz) returns text language sql immutable parallel safe
       return to_char(p_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

     alter table strangler.ownership
       -- The database of the other side, as they were paired; null: the module has never moved from or to here.
       add column peer         uuid,
       add column peer_home    text,
       add column peer_since   timestamptz,
       -- The start that the peer has last said hello with: batches of another one are refused.
       add column peer_start   timestamptz,
       -- The number that the next hello has to name; each is good once.
       add column hello_no     bigint not null default 0,
       -- The start of this server that was proven, and by whom.
       add column proven_start timestamptz,
       add column proven_by    text check (proven_by in ('peer', 'witness', 'operator', 'nobody claims')),
       -- 'rolled back': this database lacks what it once had. 'given up': it lets the other side take over.
       add column standing     text check (standing in ('rolled back', 'given up')),
       -- The processes of this side can ask NATS who claims a module that is at home: it proves itself, too.
       add column asks         boolean not null default false;

     alter table strangler.relay
       -- One number for each filling of the copy; a position says nothing about another life.
       add column life           bigint not null default 0,
       -- The last batch with content that the other side has stored, in this life; null: none.
       add column confirmed_term bigint,
       add column confirmed_seq  bigint,
       -- Why the other side takes no batch though it answers. It is no reason to answer without it.
       add column refused        text;

     alter table strangler.applied
       -- Null: the copy lacks something, and is to be filled anew.
       add column life        bigint,
       add column complete    boolean not null default false,
       -- Ids of batches up to here are forgotten.
       add column pruned_term bigint not null default 0,
       add column pruned_seq  bigint not null default 0;

     -- What batches above the sender's confirmed position have carried: the sender must still have it, or have had it confirmed.
     create table strangler.received (
       module text     not null,
       term   bigint   not null,
       seq    bigint   not null,
       ids    bigint[] not null,
       primary key (module, term, seq)
     );
     alter table strangler.received alter ids set storage external;

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

     -- A module that was moving when this was installed is paired at its first hello; what it has is its first life.
     insert into strangler.relay (module) select module from strangler.ownership where capture on conflict do nothing;
     insert into strangler.applied (module, term, seq) select module, 0, 0 from strangler.ownership where capture on conflict do nothing;
     update strangler.relay set life = 1 where module in (select module from strangler.ownership where capture);
     update strangler.applied set life = 1, complete = true where module in (select module from strangler.ownership where capture);

-- Whether this side may take writes, its buckets apart: it was not put back, and its server's present start is proven.
create function strangler.is_proven(o strangler.ownership) returns boolean language sql stable parallel safe
  return o.standing is null
    and (not (o.capture or o.asks) or o.proven_start is not distinct from strangler.server_start());

-- As before; and a side that has not proven itself takes no write.

create or replace function strangler.enter(p_module text) returns strangler.ownership language plpgsql as $$
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

  if o.standing is not null
    or (o.capture or o.asks) and o.proven_start is distinct from strangler.server_start() then
    raise 'strangler_unproven: this database has not proven that it still holds what it had of % (%)',
      p_module, coalesce(o.standing, 'unproven') using errcode = 'SR425', detail = coalesce(o.standing, 'unproven');
  end if;
  return o;
end $$;

-- First of all in every batch. The applied row is locked before the ownership row is read: a hello that has been answered
-- since is seen here, and one that comes meanwhile waits and sees what this batch has stored.
drop function strangler.begin_batch(text, bigint, bigint, integer[]);
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
