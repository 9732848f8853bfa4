-- Which rows a comparison of both sides has found different.

-- The first hundred of the last result: table, key, whose it is, and which fields; no values.
alter table strangler.verification add differing jsonb not null default '[]';
