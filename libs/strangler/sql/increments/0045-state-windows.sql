-- How both sides of a module stood, for whoever looks at its last day.

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
