import type { ClientBase } from 'pg';

/** A part of a table: a column, the expression of one, a constraint or an index; `sub` is the column's number. */
export interface PartId {
  kind: 'column' | 'expression' | 'constraint' | 'index';
  oid: number;
  sub: number;
}

/** One object that a part needs. */
interface Need extends PartId {
  what: 'extension' | 'sequence' | 'enum' | 'domain' | 'other';
  needed: number;
  /** As the catalogue calls it: `function app.next_no()`. */
  called: string;
}

/** What tables need of the rest of their database. */
export interface Needs {
  extensions: number[];
  sequences: number[];
  enums: number[];
  domains: number[];
  /** By a part's key: what it needs that the service will not have. */
  missing: ReadonlyMap<string, string[]>;
}

/** The key of a part in {@link Needs.missing}. */
export const partKey = ({ kind, oid, sub = 0 }: Omit<PartId, 'sub'> & { sub?: number }): string =>
  `${kind} ${oid} ${sub}`;

/** Follows the dependencies of the tables' parts, through types, as far as they lead. */
export async function needsOf(client: ClientBase, tables: readonly number[]): Promise<Needs> {
  const { rows } = await client.query<Need>(needsSql, [tables]);
  const of = (what: Need['what']) => [
    ...new Set(rows.filter((need) => need.what === what).map(({ needed }) => needed)),
  ];
  const missing = new Map<string, string[]>();
  for (const need of rows.filter(({ what }) => what === 'other')) {
    const key = partKey(need);
    missing.set(key, [...(missing.get(key) ?? []), need.called]);
  }
  return {
    extensions: of('extension'),
    sequences: of('sequence'),
    enums: of('enum'),
    domains: of('domain'),
    missing,
  };
}

/**
 * What PostgreSQL brings along is pinned, and stands nowhere in pg_depend. What an extension brings along stands for the extension. A
 * foreign key is no part: it is judged by the table that it leads to.
 */
const needsSql = `
  with recursive parts (kind, oid, sub, classid, objid, objsubid) as (
    select 'column', attrelid, attnum::int, 'pg_class'::regclass::oid, attrelid, attnum::int
    from pg_attribute where attrelid = any ($1) and attnum > 0 and not attisdropped
    union all
    select 'expression', oid, 0, 'pg_attrdef'::regclass, oid, 0 from pg_attrdef where adrelid = any ($1)
    union all
    select 'constraint', oid, 0, 'pg_constraint'::regclass, oid, 0
    from pg_constraint where conrelid = any ($1) and contype in ('p', 'u', 'x', 'c')
    union all
    -- What an index needs that stands for a constraint, the constraint needs.
    select case when k.oid is null then 'index' else 'constraint' end, coalesce(k.oid, i.indexrelid), 0,
      'pg_class'::regclass, i.indexrelid, 0
    from pg_index i left join pg_constraint k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
    where i.indrelid = any ($1)
  ), needs (kind, oid, sub, classid, objid) as (
    select p.kind, p.oid, p.sub, d.refclassid, d.refobjid
    from parts p join pg_depend d using (classid, objid, objsubid)
    union
    select n.kind, n.oid, n.sub, more.classid, more.objid
    from needs n cross join lateral (
      select d.refclassid, d.refobjid from pg_depend d where d.classid = n.classid and d.objid = n.objid
      union all
      select 'pg_constraint'::regclass, k.oid from pg_constraint k where k.contypid = n.objid and n.classid = 'pg_type'::regclass
    ) more (classid, objid)
    where n.classid = 'pg_type'::regclass
      or n.classid = 'pg_constraint'::regclass and exists (select from pg_constraint k where k.oid = n.objid and k.contypid <> 0)
  ), objects as (
    select distinct n.kind, n.oid, n.sub, n.classid, n.objid, e.refobjid as extension,
      n.classid <> all (array['pg_namespace', 'pg_constraint', 'pg_extension']::regclass[]) as counts
    from needs n
    left join pg_depend e on e.classid = n.classid and e.objid = n.objid and e.deptype = 'e'
    where not (n.classid = 'pg_class'::regclass and (n.objid = any ($1)
      or exists (select from pg_index i where i.indexrelid = n.objid and i.indrelid = any ($1))))
  )
  select distinct o.kind, o.oid, o.sub, coalesce(o.extension, o.objid) as needed, i.identity collate "C" as called,
    case
      when o.extension is not null then 'extension'
      when c.relkind = 'S' then 'sequence'
      when t.typtype = 'e' then 'enum'
      when t.typtype = 'd' then 'domain'
      else 'other'
    end as what
  from objects o
  left join pg_class c on o.classid = 'pg_class'::regclass and c.oid = o.objid
  left join pg_type t on o.classid = 'pg_type'::regclass and t.oid = o.objid
  cross join lateral (
    select format('%s %s', i.type, i.identity) as identity, i.schema from pg_identify_object(o.classid, o.objid, 0) i
  ) i
  where o.counts and c.relkind is distinct from 'c' and i.schema is distinct from 'pg_catalog' and i.schema is distinct from 'information_schema'
    -- An array is what its elements are.
    and (t.oid is null or o.extension is not null or not (t.typcategory = 'A' and t.typelem <> 0))
  order by o.kind, o.oid, o.sub, called`;
