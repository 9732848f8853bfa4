-- What a module tells others: facts, in a log beside its rows (docs/adr/0067-events-are-delivered-as-commands.md).
--
-- An event is written in the transaction that makes it true. The log, the numbers and how far each subscriber is are tables of the module:
-- they are captured, sent and handed off with the key that the event belongs to. Whoever owns the key delivers.

-- For a migration of a module that tells events: select strangler.create_event_tables('orders')
create function strangler.create_event_tables(p_schema text) returns void language plpgsql as $create$
begin
  execute format($table$
    create table %1$I.event (
      routing_key text        not null,
      -- 1, 2, 3 and so on for each key: the order in which the transactions committed.
      seq         bigint      not null,
      id          uuid        not null,
      type        text        not null,
      data        json        not null,
      -- Of the request in which it happened.
      request_id  text        not null,
      traceparent text,
      at          timestamptz not null default clock_timestamp(),
      primary key (routing_key, seq)
    );
    create index on %1$I.event (id);
    create index on %1$I.event (at);
    -- The last number of each key. Whoever tells something of a key holds its row to the end of his transaction.
    create table %1$I.event_stream (
      routing_key text   primary key,
      last_seq    bigint not null
    );
    -- How far a subscriber is with the events of a key.
    create table %1$I.event_cursor (
      routing_key text        not null,
      -- The module and its command: mails.orderPlaced.
      subscriber  text        not null,
      -- The last that it has handled, or that was put away; and the last that it is to handle.
      seq         bigint      not null,
      head        bigint      not null,
      -- When it is called for the next one; null: there is none, or that one has failed for good.
      due_at      timestamptz,
      -- Of the next one: how often it was tried, and how often the subscriber has answered with an error.
      tries       integer     not null default 0,
      failures    integer     not null default 0,
      error       text,
      failed_at   timestamptz,
      -- The event that a person has sent again last.
      resent      bigint,
      -- The last that it is to handle before its view is emptied; and how often that was done to the cursor: a delivery's id is made of it.
      stop        bigint,
      generation  integer     not null default 0,
      primary key (routing_key, subscriber)
    );
    create index on %1$I.event_cursor (subscriber, due_at) where due_at is not null;
    create index on %1$I.event_cursor (failed_at) where failed_at is not null;
  $table$, p_schema);
  perform strangler.guard_table(format('%I.event', p_schema)), strangler.guard_table(format('%I.event_stream', p_schema)),
    strangler.guard_table(format('%I.event_cursor', p_schema));
end $create$;

-- Subscribers whose view is being emptied, for events of a module. While one stands here, nothing behind a cursor's `stop` is delivered to it,
-- nor anything of a key that it does not know yet; and the module's keys do not change their owner.
create table strangler.event_replay (
  module     text        not null,
  subscriber text        not null,
  -- Of whoever is at it: he says it with each step, and is refused once somebody else has begun anew.
  id         uuid        not null,
  -- Of the module's ownership when it was begun. After a failover this says nothing any more.
  epoch      bigint      not null,
  -- One before it came to no end: the view may be empty, so that this one is not given up.
  is_second  boolean     not null,
  began_at   timestamptz not null default clock_timestamp(),
  primary key (module, subscriber)
);

-- Held exclusively by a process that delivers and sleeps; who emits and cannot take it, shared, has to wake it.
create function strangler.event_sleep_lock() returns integer language sql immutable parallel safe return 1937011301;
-- Held by the process that delivers a module's events.
create function strangler.event_lock() returns integer language sql immutable parallel safe return 1937011302;

-- Writes down what the open transaction tells, in this order: `[{module, key, id, type, data, requestId, traceparent, subscribers: [{name,
-- fromFirst}]}]`. A subscriber that knows nothing of the key yet begins with this event, or with the first that there is.
create function strangler.emit(p_told json) returns void language plpgsql as $$
declare
  told json;
  number bigint;
begin
  for told in select value from json_array_elements(p_told) loop
    execute format(
      'insert into %I.event_stream as s (routing_key, last_seq) values ($1, 1)
       on conflict (routing_key) do update set last_seq = s.last_seq + 1 returning last_seq', told->>'module')
      into number using told->>'key';
    execute format(
      'insert into %I.event (routing_key, seq, id, type, data, request_id, traceparent) values ($1, $2, $3, $4, $5, $6, $7)',
      told->>'module')
      using told->>'key', number, (told->>'id')::uuid, told->>'type', told->'data', told->>'requestId', told->>'traceparent';
    if json_array_length(told->'subscribers') > 0 then
      -- One that waits for its next try, or has failed, goes on to do so. No cursor stands behind the last event, as one could after a
      -- failover to a copy that lacked the last ones.
      execute format(
        'insert into %I.event_cursor as c (routing_key, subscriber, seq, head, due_at)
           select $1, s->>''name'', case when (s->>''fromFirst'')::boolean then 0 else $2 - 1 end, $2, clock_timestamp()
           from json_array_elements($3) s order by s->>''name''
         on conflict (routing_key, subscriber) do update set head = excluded.head, seq = least(c.seq, excluded.head - 1),
           due_at = case when c.failed_at is null then coalesce(c.due_at, excluded.due_at) end', told->>'module')
        using told->>'key', number, told->'subscribers';
    end if;
  end loop;
  for told in select distinct on (value->>'module') value from json_array_elements(p_told) loop
    if not pg_try_advisory_xact_lock_shared(strangler.event_sleep_lock(), hashtext(told->>'module')) then
      perform pg_notify('strangler_events', told->>'module');
    end if;
  end loop;
end $$;

-- The first statement of a transaction that handles many events: claims their commands, of one key each, and answers those that are new. One
-- that somebody else is at is waited for; one that was done before is not among them.
create function strangler.claim_together(p_module text, p_commands uuid[], p_keys text[], p_hashes bytea[])
  returns uuid[] language plpgsql as $$
declare
  claimed uuid[];
begin
  perform strangler.assert_owner(p_module, p_keys);
  execute format(
    'with claimed as (
       insert into %I.idempotency (command_id, routing_key, input_hash, result)
         select id, key, hash, ''{}'' from unnest($1, $2, $3) c (id, key, hash) order by id
       on conflict do nothing returning command_id)
     select coalesce(array_agg(command_id), ''{}'') from claimed', p_module)
    into claimed using p_commands, p_keys, p_hashes;
  return claimed;
end $$;
