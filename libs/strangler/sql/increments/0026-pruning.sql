-- What has been pruned (docs/adr/0041-pruning.md).

create table strangler.pruning (
  module    text,
  what      text,
  -- Pruned here since this was installed.
  rows      bigint      not null default 0,
  -- When nothing was left to prune the last time.
  passed_at timestamptz not null default clock_timestamp(),
  primary key (module, what)
);
