-- Events that are sent again, and views that are built anew (docs/adr/0072-events-an-operator-can-see.md).

-- Tables that were made before this.
do $$
declare
  made regclass;
begin
  for made in select c.oid from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'failures'
              where c.relname = 'event_cursor' and c.relkind = 'r' loop
    execute format('alter table %s add resent bigint, add stop bigint, add generation integer not null default 0', made);
  end loop;
end $$;

-- For a migration of a module that tells events: select strangler.create_event_tables('orders')
create or replace function strangler.create_event_tables(p_schema text) returns void language plpgsql as $create$
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
