-- By what processes of a shop say who calls (docs/adr/0052-who-asks.md).

-- That of the program whose database this is; all its processes sign with it.
create table strangler.own_key (
  one boolean primary key default true check (one),
  kid uuid not null default gen_random_uuid(),
  -- Ed25519, PKCS #8 in base64.
  private_key text not null
);
-- Those of all programs of the shop, the public halves.
create table strangler.caller_key (
  kid text primary key,
  program text not null,
  -- Where the private half is kept.
  database text not null,
  public_key text not null,
  -- Whether all processes on that database sign: none of an older release is connected to it.
  alone boolean not null,
  seen_at timestamptz not null default clock_timestamp()
);
