import pg from 'pg';
import { withClient } from './with-client.js';

/** A database, and the plain role that owns it and nothing else. */
export interface OwnedDatabase {
  name: string;
  role: string;
  password: string;
}

/**
 * Makes the role and its database, or brings them up to date: never a superuser, and what a superuser has made in the
 * database (version 0.1.0 connected as one) is handed over. `adminUrl` is a superuser's. Several may do so at once.
 */
export async function provideDatabase(adminUrl: string, owned: OwnedDatabase): Promise<void> {
  await withClient(on(adminUrl, 'postgres'), async (client) => {
    await client.query(`select pg_advisory_lock(hashtextextended('strangler databases', 0))`);
    await provideRole(client, owned);
    await provideEmpty(client, owned);
    await withClient(on(adminUrl, owned.name), (inside) => handOver(inside, owned.role));
  });
}

/**
 * Makes a role that may log in, store the other side's rows as a replica, and see how long transactions are open. `more`:
 * further attributes. @throws pg's errors when `client` may not.
 */
export async function provideRole(
  client: pg.Client,
  { role, password }: Pick<OwnedDatabase, 'role' | 'password'>,
  more = 'nocreatedb',
): Promise<void> {
  const name = pg.escapeIdentifier(role);
  const found = await client.query('select from pg_roles where rolname = $1', [role]);
  const verb = found.rowCount === 0 ? 'create' : 'alter';
  const attributes = `login nosuperuser nocreaterole noreplication nobypassrls ${more}`;
  await client.query(`${verb} role ${name} ${attributes} password ${pg.escapeLiteral(password)}`);
  await client.query(`grant set on parameter session_replication_role to ${name}`);
  await client.query(`grant pg_read_all_stats to ${name}`);
}

/** Nobody else may enter it. */
async function provideEmpty(client: pg.Client, { name, role }: OwnedDatabase): Promise<void> {
  const database = pg.escapeIdentifier(name);
  const owner = pg.escapeIdentifier(role);
  const found = await client.query('select from pg_database where datname = $1', [name]);
  if (found.rowCount === 0) await client.query(`create database ${database} owner ${owner}`);
  else await client.query(`alter database ${database} owner to ${owner}`);
  await client.query(`revoke connect, temporary on database ${database} from public`);
}

/** All that belongs to the role that asks. `reassign owned` refuses it of a role that the cluster was made with. */
const belongings = `
  with schemas as (
    select oid, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
  ), me as (select oid from pg_roles where rolname = current_user)
  select 'schema ' || quote_ident(n.nspname) as what
  from schemas s join pg_namespace n using (oid), me where n.nspowner = me.oid
  union all
  select 'table ' || c.oid::regclass
  from pg_class c join schemas s on s.oid = c.relnamespace, me
  where c.relowner = me.oid and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    -- A sequence of a column goes with its table.
    and not (c.relkind = 'S' and exists (
      select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')))
  union all
  select 'routine ' || p.oid::regprocedure
  from pg_proc p join schemas s on s.oid = p.pronamespace, me
  where p.proowner = me.oid and not exists (
    select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  union all
  select 'type ' || format_type(t.oid, null)
  from pg_type t join schemas s on s.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid, me
  where t.typowner = me.oid and (t.typtype in ('d', 'e', 'r') or c.relkind = 'c')`;

async function handOver(client: pg.Client, role: string): Promise<void> {
  const { rows } = await client.query<{ what: string }>(belongings);
  const owner = pg.escapeIdentifier(role);
  const statements = rows.map(({ what }) => `alter ${what} owner to ${owner};`);
  if (statements.length > 0) await client.query(`begin; ${statements.join(' ')} commit`);
}

function on(url: string, database: string): string {
  const target = new URL(url);
  target.pathname = `/${database}`;
  return target.href;
}
