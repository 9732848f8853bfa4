import type { ClientBase } from 'pg';
import type { LeftOutOfSchema } from './generated.js';

interface Other {
  kind: LeftOutOfSchema['kind'];
  text: string;
  where: 'monolith' | 'service' | null;
  sql: string | null;
}

/** What hangs on tables and never becomes a statement: foreign keys from and to what stays, triggers, policies, grants, rules, views. */
export async function readOthers(client: ClientBase, tables: readonly number[]): Promise<LeftOutOfSchema[]> {
  const { rows } = await client.query<Other>(othersSql, [tables]);
  return rows.map(({ kind, text, where, sql }) => ({
    kind,
    text,
    run: where === null || sql === null ? null : { where, sql },
  }));
}

/** What the toolkit itself has put there (`strangler_…`) is not named: the service's own capture makes it. */
const othersSql = `
  with tables as (
    select c.*, format('%I.%I', n.nspname, c.relname) as sql
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = any ($1)
  ), named as (
    select c.oid, format('%I.%I', n.nspname, c.relname) as sql
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
  ), grants as (
    select t.sql, coalesce(quote_ident(r.rolname), 'public') as role,
      lower(g.privilege_type) || coalesce(' (' || quote_ident(g.attname) || ')', '') as privilege
    from tables t cross join lateral (
      select null::name as attname, g.* from aclexplode(t.relacl) g
      union all
      select a.attname, g.* from pg_attribute a cross join lateral aclexplode(a.attacl) g where a.attrelid = t.oid
    ) g left join pg_roles r on r.oid = g.grantee
    where g.grantee <> t.relowner
  ), others as (
    select 1 as place, 'foreign key' as kind, format('%I of %s leads to %s, which stays', k.conname, t.sql, o.sql) as text,
      'monolith' as where, format('alter table %s drop constraint %I;', t.sql, k.conname) as sql
    from pg_constraint k join tables t on t.oid = k.conrelid join named o on o.oid = k.confrelid
    where k.contype = 'f' and k.confrelid <> all ($1) and k.conparentid = 0
    union all
    select 2, 'foreign key', format('%I of %s, which stays, leads to %s', k.conname, o.sql, t.sql),
      'monolith', format('alter table %s drop constraint %I;', o.sql, k.conname)
    from pg_constraint k join tables t on t.oid = k.confrelid join named o on o.oid = k.conrelid
    where k.contype = 'f' and k.conrelid <> all ($1) and k.conparentid = 0
    union all
    select 3, 'trigger', format('%I on %s', g.tgname, t.sql), 'service', pg_get_triggerdef(g.oid) || ';'
    from pg_trigger g join tables t on t.oid = g.tgrelid
    where not g.tgisinternal and g.tgname not like 'strangler\\_%'
    union all
    select 4, 'policy', format('%I on %s', p.polname, t.sql), null, null
    from pg_policy p join tables t on t.oid = p.polrelid
    union all
    select 5, 'policy', format('row security of %s', t.sql), 'service', format('alter table %s enable row level security;', t.sql)
    from tables t where t.relrowsecurity
    union all
    select 6, 'grant', format('rights on %s of %s', sql, role), 'service',
      format('grant %s on %s to %s;', string_agg(distinct privilege, ', ' order by privilege), sql, role)
    from grants group by sql, role
    union all
    select 7, 'rule', format('%I on %s', r.rulename, t.sql), 'service', pg_get_ruledef(r.oid)
    from pg_rewrite r join tables t on t.oid = r.ev_class
    union all
    select distinct 8, 'view', format('%s stays, and reads %s: it will not see what the service writes', v.sql, t.sql), null, null
    from pg_depend d
    join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
    join pg_class c on c.oid = r.ev_class and c.relkind in ('v', 'm')
    join named v on v.oid = c.oid
    join tables t on d.refclassid = 'pg_class'::regclass and t.oid = d.refobjid
  )
  select kind, text, "where", sql from others order by place, text collate "C"`;
