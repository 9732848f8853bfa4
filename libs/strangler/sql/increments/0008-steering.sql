-- Who steers: what the leader has read in the file, what people have approved, and which processes there are.

alter table strangler.module
  -- What strangler.yaml last said of the module, and in which line; null: it does not stand in the file.
  add column filed    jsonb,
  -- By setting: who has set it. A setting that is not here has its built-in value.
  add column sources  jsonb not null default '{}',
  -- The shares that a person has approved, who, and when.
  add column approved jsonb not null default '[]',
  -- What is out of order now, and since when: each has its entry in the history, and gets another at its end.
  add column outages  jsonb not null default '{}';

-- The processes that can steer. One that has not been seen for a while is gone.
create table strangler.process (
  id         uuid        primary key,
  host       text        not null,
  pid        integer     not null,
  version    text        not null,
  -- The file that it reads, and the hash of its text; null: there is none.
  file       text        not null,
  file_hash  text,
  -- When it read this text, and why it refuses it; null: it does not.
  read_at    timestamptz not null,
  problem    text,
  -- The modules that it leads.
  leads      text[]      not null,
  seen_at    timestamptz not null
);
