-- A database that was moved by dump and restore, upgraded, or made from a template, is another database: it has an id of its own from its
-- first process on. Its peer takes it for the one that it was once that one answers no more and nothing is missing (docs/adr/0035).

alter table strangler.database
  -- Where the id was made.
  add column home text not null default strangler.home();
alter table strangler.ownership
  -- The id that this database had before it was moved; null: its other side knows the present one.
  add column known_as uuid;
