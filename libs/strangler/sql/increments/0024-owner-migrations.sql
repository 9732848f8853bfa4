-- How far changes of rows have come that each side makes to its own (docs/adr/0038-rows-are-changed-at-their-owner.md).

create table strangler.owner_migration (
  module  text,
  name    text,
  -- The primary key of the last row looked at; null: it begins anew.
  after   text[],
  -- Rows that needed it since it began anew, and all that were changed.
  found   bigint not null default 0,
  changed bigint not null default 0,
  -- Of the owners for whom this holds: once they change it is looked again.
  epoch   bigint not null default 0,
  done_at timestamptz,
  primary key (module, name)
);
