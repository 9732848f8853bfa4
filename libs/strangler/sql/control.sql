-- What the controller knows and has done: a row a module, its history, what the routers are told, who steers, and how far the work has
-- come that goes on beside the customers: verify, changes of rows, pruning (docs/adr/0022-the-leaders-file-steers.md,
-- docs/adr/0038-rows-are-changed-at-their-owner.md, docs/adr/0041-pruning.md).

-- Held by the one controller that moves a module (a session lock).
create function strangler.controller_lock() returns integer language sql immutable parallel safe return 1937011300;

create table strangler.module (
  module         text        primary key,
  phase          text        not null default 'monolith' check (phase in
    ('monolith', 'dual-write', 'shadow', 'shifting', 'extracted', 'decommissioned')),
  -- The share reached while shifting: of the buckets, or (owned as a whole) of the reads.
  percent        integer     not null default 0 check (percent between 0 and 100),
  -- Where it is to go, who says so, and since when.
  wanted_phase   text        not null default 'monolith' check (wanted_phase in
    ('monolith', 'dual-write', 'shadow', 'shifting', 'extracted', 'decommissioned')),
  wanted_percent integer     check (wanted_percent between 0 and 100),
  wanted_by      text        not null default 'operator' check (wanted_by in ('file', 'operator')),
  wanted_actor   text        not null default 'nobody',
  wanted_since   timestamptz not null,
  -- 'all': nothing begins. 'up': nothing that leads further out begins; the way back is open.
  paused         text        check (paused in ('all', 'up')),
  pause_reason   text,
  settings       jsonb       not null,
  -- The step under way, written before it acts; null: none.
  transition     jsonb,
  -- Gates that an operator has overridden for the next step, and who.
  override       jsonb,
  -- Set by a failover until the side that was given up has been seen again and fenced: its last known state.
  lost           jsonb,
  phase_since    timestamptz not null,
  step_since     timestamptz not null,
  -- Grows with every change: who decides by an older row is refused.
  version        bigint      not null default 1,
  -- What strangler.yaml last said of the module, and in which line; null: it does not stand in the file.
  filed          jsonb,
  -- By setting: who has set it. A setting that is not here has its built-in value.
  sources        jsonb       not null default '{}',
  -- The shares that a person has approved, who, and when.
  approved       jsonb       not null default '[]',
  -- What is out of order now, and since when: each has its entry in the history, and gets another at its end.
  outages        jsonb       not null default '{}'
);
create trigger count_version before update on strangler.module
  for each row execute function strangler.count_version();
select strangler.guard_table('strangler.module');

create table strangler.history (
  id         bigint      generated always as identity primary key,
  at         timestamptz not null default clock_timestamp(),
  module     text        not null,
  actor      text        not null,
  action     text        not null,
  from_phase text        not null,
  to_phase   text        not null,
  outcome    text        not null check (outcome in ('begun', 'done', 'refused', 'aborted', 'failed', 'noted')),
  reason     text,
  figures    jsonb       not null default '{}'
);
create index history_of_module on strangler.history (module, id);
select strangler.guard_table('strangler.history');

-- What the routers are told of each module: every process of the monolith reads it here.
create table strangler.route (module text primary key, entry jsonb not null);
select strangler.guard_table('strangler.route');

-- What the leader of a module knows beyond its row: every process of the monolith reads it here.
create table strangler.note (
  module  text        primary key,
  -- What stood in the way when the leader last tried, as a sentence and its parts; null: nothing but gates.
  trouble jsonb,
  -- The kind of the present wait, and since when; null: it waits for nothing.
  wait    text,
  since   timestamptz not null,
  -- By name: the state of each gate that the next step waits for, and since when (ms since 1970).
  gates   jsonb       not null default '{}'
);
select strangler.guard_table('strangler.note');

-- What the leader of a module has seen, in slots of ten seconds.
create table strangler.state_window (
  module  text             not null,
  -- Its beginning.
  slot    timestamptz      not null,
  -- The largest of the slot: the age in ms of the oldest change that the other side does not have, and how many of both sides are on their
  -- way. Null: neither side said.
  lag_ms  double precision,
  pending bigint,
  -- The share of the keys that belong to extracted, as last seen.
  percent double precision not null,
  primary key (module, slot)
);

-- The processes that can steer. One that has not been seen for a while is gone.
create table strangler.process (
  id        uuid        primary key,
  host      text        not null,
  pid       integer     not null,
  version   text        not null,
  -- The file that it reads, and the hash of its text; null: there is none.
  file      text        not null,
  file_hash text,
  -- When it read this text, and why it refuses it; null: it does not.
  read_at   timestamptz not null,
  problem   text,
  -- The modules that it leads.
  leads     text[]      not null,
  seen_at   timestamptz not null
);
select strangler.guard_table('strangler.process');

create table strangler.verification (
  module       text        primary key,
  -- Asked for and not finished: by whom, and whether differences are to be repaired. Null: nothing to do.
  requested_at timestamptz,
  actor        text,
  repair       boolean     not null default false,
  -- Where it goes on after a crash, as verify itself writes it; how many rows are done, of how many.
  cursor       jsonb,
  done         bigint      not null default 0,
  total        bigint      not null default 0,
  -- The last result. `began_at`: data from before it are covered.
  began_at     timestamptz,
  checked_at   timestamptz,
  rows         bigint      not null default 0,
  differences  bigint      not null default 0,
  -- The first hundred rows that differ: table, key, whose it is, and which fields; no values.
  differing    jsonb       not null default '[]'
);
select strangler.guard_table('strangler.verification');

-- How far changes of rows have come that each side makes to its own.
create table strangler.owner_migration (
  module   text,
  name     text,
  -- The primary key of the last row looked at; null: it begins anew.
  after    text[],
  -- Rows that needed it since it began anew, and all that were changed.
  found    bigint      not null default 0,
  changed  bigint      not null default 0,
  -- Of the owners for whom this holds: once they change it is looked again.
  epoch    bigint      not null default 0,
  done_at  timestamptz,
  -- Rows read since it began anew.
  looked   bigint      not null default 0,
  begun_at timestamptz not null default clock_timestamp(),
  primary key (module, name)
);

create table strangler.pruning (
  module    text,
  what      text,
  -- Pruned here since this was installed.
  rows      bigint      not null default 0,
  -- When nothing was left to prune the last time.
  passed_at timestamptz not null default clock_timestamp(),
  primary key (module, what)
);
