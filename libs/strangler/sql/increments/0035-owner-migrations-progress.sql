-- A migration of rows reads so many rows a piece, and says how far it is (docs/adr/0038-rows-are-changed-at-their-owner.md).

alter table strangler.owner_migration
  -- Rows read since it began anew.
  add column looked   bigint not null default 0,
  add column begun_at timestamptz not null default clock_timestamp();
-- The order in which rows are read is another one: a pass under way begins anew.
update strangler.owner_migration set after = null, found = 0, epoch = 0 where done_at is null;
