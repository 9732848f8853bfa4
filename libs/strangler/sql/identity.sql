-- Which database this is, and with which keys its programs sign (docs/adr/0030-a-database-proves-itself.md,
-- docs/adr/0035-a-moved-database-is-another-one.md, docs/adr/0052-who-asks.md).
--
-- A copy of a database has the same rows. It must not be taken for the original: it would write what the other side has long since
-- been told otherwise.

-- What tells this database from a restored or cloned copy of it.
create function strangler.home() returns text language sql stable as $$
  select (select system_identifier from pg_control_system()) || '/' || oid
  from pg_database where datname = current_database()
$$;

-- One row, made when a process first starts here. It travels with every copy of the files; a start of the server tells those apart.
create table strangler.database (
  one  boolean primary key default true check (one),
  id   uuid    not null default gen_random_uuid(),
  -- Where the id was made. Elsewhere this is another database, and takes an id of its own.
  home text    not null default strangler.home()
);
select strangler.guard_table('strangler.database');

create function strangler.database_id() returns uuid language sql stable parallel safe
  return (select id from strangler.database);

-- The start of a server as text, the same in every session.
create function strangler.start_text(p_start timestamptz) returns text language sql immutable parallel safe
  return to_char(p_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

-- The key of the program whose database this is. All its processes sign their calls with it.
create table strangler.own_key (
  one         boolean primary key default true check (one),
  kid         uuid    not null default gen_random_uuid(),
  -- Ed25519, PKCS #8 in base64.
  private_key text    not null
);

-- The public keys of all programs.
create table strangler.caller_key (
  kid        text        primary key,
  program    text        not null,
  -- Where the private half is kept.
  database   text        not null,
  public_key text        not null,
  -- Whether all processes on that database sign: none of an older release is connected to it.
  all_sign   boolean     not null,
  seen_at    timestamptz not null default clock_timestamp()
);
