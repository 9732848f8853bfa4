-- What gates decide by: calls and comparisons by the second, and by the process that saw them, so that a new leader goes on with them
-- (docs/adr/0016-gates-decide-by-evidence.md).

create table strangler.call_window (
  module  text        not null,
  -- Its beginning: a second while the module moves, ten when it rests.
  slot    timestamptz not null,
  process text        not null,
  side    text        not null check (side in ('monolith', 'extracted')),
  -- A caller's, or the controller's own question.
  origin  text        not null check (origin in ('customer', 'probe')),
  calls   integer     not null,
  errors  integer     not null,
  -- Calls by duration: evidence/histogram.ts knows the borders.
  latency integer[]   not null,
  primary key (module, slot, process, side, origin)
);
select strangler.guard_table('strangler.call_window');

-- Histograms are added up border by border.
create function strangler.add_up(a integer[], b integer[]) returns integer[]
  language sql immutable parallel safe as $$
  select array_agg(coalesce(x, 0) + coalesce(y, 0) order by place)
  from unnest(a, b) with ordinality both_of (x, y, place)
$$;

create table strangler.shadow_window (
  module      text        not null,
  slot        timestamptz not null,
  process     text        not null,
  -- 'rehearsal': no answers, but commands that ran on the other side, and those of them that failed there.
  origin      text        not null check (origin in ('customer', 'probe', 'rehearsal')),
  compared    integer     not null,
  mismatches  integer     not null,
  -- Could not be compared: a side was not there, too slow, or known to be behind.
  unavailable integer     not null,
  primary key (module, slot, process, origin)
);
select strangler.guard_table('strangler.shadow_window');

-- Since when the evidence of the present step counts: an outage makes what was before it void, and an operator the comparisons.
create table strangler.evidence (module text primary key, since timestamptz, compared_since timestamptz);
select strangler.guard_table('strangler.evidence');

-- A bounded number of answers that differed.
create table strangler.mismatch (
  id          bigint      generated always as identity primary key,
  module      text        not null,
  at          timestamptz not null default clock_timestamp(),
  operation   text        not null,
  -- Without its secrets.
  input       json        not null,
  differences json        not null
);
create index on strangler.mismatch (module, id);
select strangler.guard_table('strangler.mismatch');

-- Processes of 0.1.0 counted comparisons here. Nobody reads it.
create table strangler.shadow (
  module     text   primary key,
  compared   bigint not null default 0,
  mismatches bigint not null default 0
);
select strangler.guard_table('strangler.shadow');
