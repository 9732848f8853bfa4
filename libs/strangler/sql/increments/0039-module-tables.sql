-- A migration of a module makes its tables of commands and sagas by a call, whatever it is written with
-- (docs/adr/0057-a-base-by-subject-and-increments.md).

-- For a migration of the module: select strangler.create_idempotency_table('shipping')
create function strangler.create_idempotency_table(p_schema text) returns void language plpgsql as $create$
begin
  execute format($table$
    create table %1$I.idempotency (
      command_id  uuid        not null,
      routing_key text        not null,
      input_hash  bytea       not null,
      -- The answer for this key alone; null while a process (saga) is on its way.
      result      json,
      created_at  timestamptz not null default now(),
      -- Taken back, perhaps before it came: it is refused from now on.
      undone      boolean     not null default false,
      primary key (command_id, routing_key)
    );
    create index on %1$I.idempotency (created_at);
  $table$, p_schema);
end $create$;

-- For a module that has processes over several modules: what is done, what comes next, who works on it until when.
create function strangler.create_saga_table(p_schema text) returns void language plpgsql as $create$
begin
  execute format($table$
    create table %1$I.saga (
      id          uuid        primary key,
      command_id  uuid        not null,
      routing_key text        not null,
      process     text        not null,
      request_id  text        not null,
      status      text        not null check (status in ('running', 'waiting', 'compensating', 'done', 'failed')),
      step        integer     not null,
      state       json        not null,
      error       json,
      attempts    integer     not null default 0,
      -- The caller was told of it while it waited: whoever comes with the same command id is told the same.
      answered    boolean     not null default false,
      -- Grows with every change. A runner changes a saga only from the version that it has seen.
      version     integer     not null default 1,
      -- Nobody else touches the saga before: the lease of the process that works on it, or the next try.
      due_at      timestamptz not null,
      created_at  timestamptz not null default now(),
      ended_at    timestamptz,
      -- Where the process runs that changed it last: the lease of one that has lost the key binds nobody.
      side        text
    );
    create index on %1$I.saga (due_at) where status in ('running', 'waiting', 'compensating');
    create index on %1$I.saga (command_id);
  $table$, p_schema);
  perform strangler.guard_table(format('%I.saga', p_schema));
end $create$;
