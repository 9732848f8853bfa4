-- Webhooks: entries of the history on their way to receivers (docs/adr/0084-webhooks-from-the-history.md). Neither an address nor a secret
-- is stored.

-- Held by the one process that sends to a receiver (a session lock).
create function strangler.webhook_lock() returns integer language sql immutable parallel safe return 1937011303;

create table strangler.webhook (
  name            text        primary key,
  -- What it is told; null: everything.
  modules         text[],
  outcomes        text[],
  -- When a process last said that its settings name it. One that none names is forgotten after a while, with what waits for it.
  named_at        timestamptz not null default clock_timestamp(),
  -- Since when each try has failed, and why the last one did; null: the last one went well.
  failing_since   timestamptz,
  problem         text,
  -- It is not called before; null: it is called at once.
  due_at          timestamptz,
  -- A hash of the settings with which it has answered 410 Gone: with these it is not called again. Null: it is called.
  gone            text,
  delivered_entry bigint,
  delivered_at    timestamptz
);
select strangler.guard_table('strangler.webhook');

-- An entry that a receiver has not got: it waits, or has failed. No key leads to the entry or the receiver: nothing that is wrong here may
-- keep an entry of the history from being written.
create table strangler.webhook_delivery (
  -- The same in each try: a receiver knows by it what it has had. Of its own, since a database that was put back gives the numbers of
  -- entries again.
  id        uuid        primary key default gen_random_uuid(),
  webhook   text        not null,
  entry     bigint      not null,
  tries     integer     not null default 0,
  failed_at timestamptz
);
create index webhook_delivery_waiting on strangler.webhook_delivery (webhook, entry) where failed_at is null;
select strangler.guard_table('strangler.webhook_delivery');

-- With the entry, whoever writes it: the numbers of entries become visible in another order than theirs, so that nobody could find them by
-- "greater than the last one".
create function strangler.tell_webhooks() returns trigger language plpgsql as $$
begin
  insert into strangler.webhook_delivery (webhook, entry)
    select w.name, new.id from strangler.webhook w
    where w.gone is null and coalesce(new.module = any(w.modules), true) and coalesce(new.outcome = any(w.outcomes), true);
  return null;
end $$;
create trigger strangler_webhooks after insert on strangler.history
  for each row execute function strangler.tell_webhooks();
