-- What the leader of a module knows beyond its row (control/notes.ts): every process of the monolith reads it here.

create table strangler.note (
  module  text        primary key,
  -- What stood in the way when the leader last tried, as a sentence and its parts; null: nothing but gates.
  trouble jsonb,
  -- The kind of the present wait, and since when; null: it waits for nothing.
  wait    text,
  since   timestamptz not null
);
