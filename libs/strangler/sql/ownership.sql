-- Who may write what, enforced in the writing transaction (docs/guarantees.md, "One writer").
--
-- Keys of a module fall into 10,000 buckets. One row a module says which buckets this side owns. Every writer looks at that row under a
-- lock that it holds to its commit, and is refused if it does not own the bucket. A side also has to have proven that it still holds
-- what it once confirmed (docs/guarantees.md, "Continuity").
--
-- SQLSTATEs: SR409 this side is not the owner · SR423 the bucket is being handed off · SR404 no ownership row · SR403 a routing key is
-- null · SR425 this start of the server is not proven, or the side was put back.

create table strangler.ownership (
  module          text        primary key,
  -- The side on which this database stands.
  side            text        not null check (side in ('monolith', 'extracted')),
  -- Grows with every hand-off; both sides hold the same one when nothing moves.
  epoch           bigint      not null default 1,
  -- Buckets below belong to the side extracted, the others to monolith.
  extracted_below integer     not null check (extracted_below between 0 and 10000),
  -- Buckets in [fence_from, fence_to) are owned by nobody.
  fence_from      integer     check (fence_from between 0 and 10000),
  fence_to        integer     check (fence_to between 0 and 10000),
  -- Whether triggers record the changes of the module's tables.
  capture         boolean     not null default false,
  -- The database that this row was made in: a copy of it must not write (strangler.home).
  home            text        not null,
  -- Grows with every change of the row; equal before and after a read means that the owner did not change meanwhile.
  version         bigint      not null default 1,
  -- The database of the other side, as they were paired; null: the module has never moved from or to here.
  peer            uuid,
  peer_home       text,
  peer_since      timestamptz,
  -- The start that the peer has last said hello with: batches of another one are refused.
  peer_start      timestamptz,
  -- The number that the next hello has to name; each is good once.
  hello_no        bigint      not null default 0,
  -- The start of this server that was proven, and by whom.
  proven_start    timestamptz,
  proven_by       text        check (proven_by in ('peer', 'witness', 'operator', 'nobody claims')),
  -- 'rolled back': this database lacks what it once had. 'given up': it lets the other side take over.
  standing        text        check (standing in ('rolled back', 'given up')),
  -- The processes of this side can ask NATS who claims a module that is at home: it proves itself, too.
  asks            boolean     not null default false,
  -- Null: owners do not change. Else they may, and the number is another one each time that this is said. A process leaves the check
  -- of a read out only if it has read a null here lately, so null is said by the controller alone, and taken back by it long before
  -- owners change.
  may_shift       bigint      default 0,
  -- The id that this database had before it was moved; null: its other side knows the present one.
  known_as        uuid,
  -- Since when buckets are fenced.
  fenced_at       timestamptz,
  constraint fence_has_two_ends check ((fence_from is null) = (fence_to is null))
);
select strangler.guard_table('strangler.ownership');

create function strangler.count_version() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end $$;
create trigger count_version before update on strangler.ownership
  for each row execute function strangler.count_version();

create function strangler.note_fence() returns trigger language plpgsql as $$
begin
  new.fenced_at := case when new.fence_from is not null then clock_timestamp() end;
  return new;
end $$;
create trigger note_fence before update on strangler.ownership for each row
  when (old.fence_from is distinct from new.fence_from or old.fence_to is distinct from new.fence_to)
  execute function strangler.note_fence();
create trigger note_first_fence before insert on strangler.ownership for each row
  when (new.fence_from is not null) execute function strangler.note_fence();

-- Buckets

-- The bucket of a routing key, 0 to 9999; the same function in TypeScript: bucket.ts. The backslash is doubled because
-- the cast to bytea reads escapes; convert_to would keep the function from being inlined, which makes it 4 times slower.
-- Through bigint, because bit(32)::integer is negative half of the time.
create function strangler.bucket(p_module text, p_key text) returns integer
  language sql immutable strict parallel safe
  return (('x' || encode(substr(sha256(replace(p_module || ':' || p_key, '\', '\\')::bytea), 1, 4), 'hex'))::bit(32)::bigint
    % 10000)::integer;

-- Whether this side owns a bucket, by an ownership row at hand.
create function strangler.owned_by(o strangler.ownership, p_bucket integer) returns boolean
  language sql immutable parallel safe
  return (p_bucket < (o).extracted_below) = ((o).side = 'extracted')
    and not coalesce(p_bucket >= (o).fence_from and p_bucket < (o).fence_to, false);

-- Whether it owns all of them: then no row's bucket need be known, which is a third of the time that it takes to read one.
create function strangler.owns_all(o strangler.ownership) returns boolean language sql immutable parallel safe
  return (o).extracted_below = (case (o).side when 'extracted' then 10000 else 0 end) and (o).fence_from is null;

-- Whether this side owns the key at this moment: to choose what to work on, never to write by.
create function strangler.owns(p_module text, p_key text) returns boolean language sql stable as $$
  select (strangler.bucket(p_module, p_key) < extracted_below) = (side = 'extracted')
    and not coalesce(strangler.bucket(p_module, p_key) >= fence_from
      and strangler.bucket(p_module, p_key) < fence_to, false)
  from strangler.ownership where module = p_module
$$;

-- Proof

-- A server that was restored, promoted or restarted has another start; so has a database whose tables were dropped and made
-- anew from a dump, for their numbers are new. Only here is it asked for.
create function strangler.server_start() returns timestamptz language sql stable parallel safe as $$
  select pg_postmaster_start_time() + 'strangler.ownership'::regclass::oid::bigint * interval '1 microsecond'
$$;

-- Whether this side may take writes, its buckets apart: it was not put back, and its server's present start is proven.
create function strangler.is_proven(o strangler.ownership) returns boolean language sql stable parallel safe
  return o.standing is null
    and (not (o.capture or o.asks) or o.proven_start is not distinct from strangler.server_start());

-- Whether this side may write whatever bucket: then nobody need know any.
create function strangler.may_write_all(o strangler.ownership) returns boolean language sql stable parallel safe
  return strangler.owns_all(o) and strangler.is_proven(o);

-- Writers

-- Every writer holds this lock, shared, from before it looks at the ownership row to its commit. Nobody takes it
-- exclusively: who changes the row waits for those that held it then (ownership.ts).
create function strangler.writer_lock() returns integer language sql immutable parallel safe return 1937011297;

-- The ownership row as it must be seen by a writer, or an error. In READ COMMITTED every statement of a function has its own
-- snapshot, so the row is read after the lock is ours. Under the other levels the snapshot may be older than a
-- hand-off: FOR SHARE then fails with 40001, and the transaction is run again.
-- The release is compared in the statement that reads the row, so that who waited for an upgrade there is refused.
create function strangler.enter(p_module text) returns strangler.ownership language plpgsql as $$
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

-- Raises unless this side owns all the buckets. The detail is the border as this side knows it, by which a router finds the owner.
create function strangler.require_owned(o strangler.ownership, p_buckets integer[]) returns void
  language plpgsql as $$
declare
  bucket integer;
begin
  foreach bucket in array p_buckets loop
    if bucket is null then
      raise 'strangler_key_missing: a routing key of % is null', o.module using errcode = 'SR403';
    elsif bucket >= o.fence_from and bucket < o.fence_to then
      raise 'strangler_moving: bucket % of % is being handed off', bucket, o.module using errcode = 'SR423';
    elsif (bucket < o.extracted_below) is distinct from (o.side = 'extracted') then
      raise 'strangler_not_owner: bucket % of % is not owned by the side %', bucket, o.module, o.side
        using errcode = 'SR409', detail = o.extracted_below::text;
    end if;
  end loop;
end $$;

-- Whether this transaction writes the module through its port: `assert_owner` has said so.
create function strangler.is_through_port(p_module text) returns boolean language sql stable parallel safe
  return coalesce(strpos(current_setting('strangler.through_port', true), ' ' || p_module || ' ') > 0, false);

-- First of all in every command: whether this side owns the keys, now and until this transaction ends. Buckets are computed only where
-- some are not this side's.
create function strangler.assert_owner(p_module text, p_keys text[]) returns void language plpgsql as $$
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

-- Whether any bucket is this side's, from here to the end of the transaction.
create function strangler.owns_any(p_module text) returns boolean language plpgsql as $$
declare
  o strangler.ownership := strangler.enter(p_module);
begin
  return o.extracted_below <> (case o.side when 'extracted' then 0 else 10000 end);
end $$;
