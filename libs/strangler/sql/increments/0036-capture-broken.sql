-- That a table was written without capture is known also in a database that is made of a dump of this one (docs/adr/0037-capture-is-checked.md).

-- When other triggers were seen than those that stood there; null: never, or it was mended since.
alter table strangler.captured_table add column broken_at timestamptz;
