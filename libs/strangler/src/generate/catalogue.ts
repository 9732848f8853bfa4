import type { ClientBase } from 'pg';
import { needsOf, type Needs } from './needs.js';

/* All names and expressions are SQL as PostgreSQL writes it: quoted, and with their schemas. */

export interface CatalogueColumn {
  table: number;
  number: number;
  name: string;
  type: string;
  /** Null: that of the type. */
  collation: string | null;
  notNull: boolean;
  /** `a`: always; `d`: by default. */
  identity: '' | 'a' | 'd';
  /** `s`: stored; `v`: virtual. */
  generated: '' | 's' | 'v';
  /** Of the default, or of what is generated. */
  expressionOid: number | null;
  expression: string | null;
}

export interface Constraint {
  oid: number;
  table: number;
  /** `p`rimary key, `u`nique, e`x`clusion, `c`heck. */
  kind: 'p' | 'u' | 'x' | 'c';
  name: string;
  definition: string;
  /** False: rows that break it may be there. */
  valid: boolean;
}

export interface Index {
  oid: number;
  name: string;
  definition: string;
  valid: boolean;
}

export interface Sequence {
  oid: number;
  name: string;
  /** All that is not PostgreSQL's default, as `create sequence` says it. */
  options: string;
  /** The name is the one that PostgreSQL gives to an identity's. */
  isNamedByDefault: boolean;
  /** The column that it belongs to, where that is one of the tables'. */
  table: number | null;
  column: number | null;
  isIdentity: boolean;
  /** The table that stays and takes values of it, or that it belongs to. */
  staying: string | null;
}

export interface EnumType {
  name: string;
  labels: string[];
}

export interface Domain {
  name: string;
  type: string;
  collation: string | null;
  default: string | null;
  notNull: boolean;
  checks: { name: string; definition: string; valid: boolean }[];
}

/** What the catalogue says of tables, in the order in which it is written. */
export interface Catalogue {
  schemas: string[];
  extensions: { name: string; schema: string }[];
  enums: EnumType[];
  domains: Domain[];
  sequences: Sequence[];
  columns: CatalogueColumn[];
  constraints: Constraint[];
  indexes: Index[];
  /** Foreign keys among the tables. */
  foreignKeys: { table: number; name: string; definition: string }[];
  /** Whole statements. */
  comments: string[];
  needs: Needs;
}

/** Reads the catalogue. The session's search path has to be empty: only then PostgreSQL writes names with their schemas. */
export async function readCatalogue(client: ClientBase, tables: readonly number[]): Promise<Catalogue> {
  const needs = await needsOf(client, tables);
  const rows = async <T extends object>(sql: string, ...params: unknown[]): Promise<T[]> =>
    (await client.query<T>(sql, params)).rows;
  const types = [...needs.enums, ...needs.domains];
  const sequences = await rows<Sequence>(sequencesSql, tables, needs.sequences);
  const schemas = await rows<{ name: string }>(
    schemasSql,
    [...tables, ...sequences.map(({ oid }) => oid)],
    types,
    needs.extensions,
  );
  return {
    schemas: schemas.map(({ name }) => name),
    extensions: await rows(extensionsSql, needs.extensions),
    enums: await rows(enumsSql, needs.enums),
    domains: await rows(domainsSql, needs.domains),
    sequences,
    columns: await rows(columnsSql, tables),
    constraints: await rows(constraintsSql, tables),
    indexes: await rows(indexesSql, tables),
    foreignKeys: await rows(foreignKeysSql, tables),
    comments: (await rows<{ sql: string }>(commentsSql, tables, types)).map(({ sql }) => sql),
    needs,
  };
}

/** Every database has `public`. */
const schemasSql = `
  select quote_ident(nspname) as name from pg_namespace where nspname not in ('public', 'pg_catalog') and oid in (
    select relnamespace from pg_class where oid = any ($1)
    union select typnamespace from pg_type where oid = any ($2)
    union select extnamespace from pg_extension where oid = any ($3))
  order by nspname collate "C"`;

const extensionsSql = `
  select quote_ident(extname) as name, quote_ident(nspname) as schema
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace
  where e.oid = any ($1) order by extname collate "C"`;

const enumsSql = `
  select format('%I.%I', nspname, typname) as name,
    array(select quote_literal(enumlabel) from pg_enum where enumtypid = t.oid order by enumsortorder) as labels
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where t.oid = any ($1) order by nspname collate "C", typname collate "C"`;

/** A domain over another one comes after it. */
const domainsSql = `
  with recursive chain (oid, below, depth) as (
    select oid, typbasetype, 0 from pg_type where oid = any ($1)
    union all
    -- Of an array it is what its elements are.
    select c.oid, case t.typbasetype when 0 then t.typelem else t.typbasetype end, c.depth + 1
    from chain c join pg_type t on t.oid = c.below
    where t.typbasetype <> 0 or t.typelem <> 0
  )
  select format('%I.%I', n.nspname, t.typname) as name, format_type(t.typbasetype, t.typtypmod) as type,
    case when t.typcollation <> b.typcollation then format('%I.%I', cn.nspname, c.collname) end as collation,
    coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) as default, t.typnotnull as "notNull",
    coalesce((select json_agg(json_build_object('name', quote_ident(k.conname), 'valid', k.convalidated,
        'definition', pg_get_constraintdef(k.oid)) order by k.conname collate "C")
      from pg_constraint k where k.contypid = t.oid and k.contype = 'c'), '[]') as checks
  from pg_type t
  join pg_namespace n on n.oid = t.typnamespace
  join pg_type b on b.oid = t.typbasetype
  left join pg_collation c on c.oid = t.typcollation left join pg_namespace cn on cn.oid = c.collnamespace
  where t.oid = any ($1)
  order by (select max(depth) from chain where chain.oid = t.oid), n.nspname collate "C", t.typname collate "C"`;

/** The maximum of a sequence that counts down is below zero, its minimum the type's least. */
const sequencesSql = `
  select s.seqrelid as oid, format('%I.%I', n.nspname, c.relname) as name,
    concat_ws(' ',
      case when not s.seqtypid = 'bigint'::regtype then 'as ' || format_type(s.seqtypid, null) end,
      case when s.seqincrement <> 1 then 'increment by ' || s.seqincrement end,
      case when s.seqmin <> case when s.seqincrement > 0 then 1 else least end then 'minvalue ' || s.seqmin end,
      case when s.seqmax <> case when s.seqincrement > 0 then most else -1 end then 'maxvalue ' || s.seqmax end,
      case when s.seqstart <> case when s.seqincrement > 0 then s.seqmin else s.seqmax end then 'start with ' || s.seqstart end,
      case when s.seqcache <> 1 then 'cache ' || s.seqcache end,
      case when s.seqcycle then 'cycle' end) as options,
    c.relname = format('%s_%s_seq', t.relname, a.attname) and c.relnamespace = t.relnamespace as "isNamedByDefault",
    t.oid as table, a.attnum as column, coalesce(o.deptype = 'i', false) as "isIdentity",
    (select min(format('%I.%I', sn.nspname, st.relname)) from pg_class st join pg_namespace sn on sn.oid = st.relnamespace
      where st.oid <> all ($1) and (st.oid = o.refobjid or st.oid in (
        select e.adrelid from pg_depend d join pg_attrdef e on d.classid = 'pg_attrdef'::regclass and d.objid = e.oid
        where d.refclassid = 'pg_class'::regclass and d.refobjid = s.seqrelid))) as staying
  from pg_sequence s
  cross join lateral (select
    case s.seqtypid when 'smallint'::regtype then -32768 when 'integer'::regtype then -2147483648 else -9223372036854775808 end as least,
    case s.seqtypid when 'smallint'::regtype then 32767 when 'integer'::regtype then 2147483647 else 9223372036854775807 end as most) b
  join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
  left join pg_depend o on o.classid = 'pg_class'::regclass and o.objid = s.seqrelid and o.refclassid = 'pg_class'::regclass
    and o.deptype in ('a', 'i')
  left join pg_class t on t.oid = o.refobjid and t.oid = any ($1)
  left join pg_attribute a on a.attrelid = t.oid and a.attnum = o.refobjsubid
  where s.seqrelid = any ($2) or t.oid is not null
  order by n.nspname collate "C", c.relname collate "C"`;

const columnsSql = `
  select a.attrelid as table, a.attnum as number, quote_ident(a.attname) as name, format_type(a.atttypid, a.atttypmod) as type,
    case when a.attcollation <> t.typcollation then format('%I.%I', cn.nspname, c.collname) end as collation,
    a.attnotnull as "notNull", a.attidentity as identity, a.attgenerated as generated,
    d.oid as "expressionOid", pg_get_expr(d.adbin, d.adrelid) as expression
  from pg_attribute a
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  left join pg_collation c on c.oid = a.attcollation left join pg_namespace cn on cn.oid = c.collnamespace
  where a.attrelid = any ($1) and a.attnum > 0 and not a.attisdropped
  order by a.attrelid, a.attnum`;

const constraintsSql = `
  select oid, conrelid as table, contype as kind, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition,
    convalidated as valid
  from pg_constraint where conrelid = any ($1) and contype in ('p', 'u', 'x', 'c')
  order by conrelid, strpos('puxc', contype::text), conname collate "C"`;

/** Those of constraints come with them. */
const indexesSql = `
  select i.indexrelid as oid, format('%I.%I', n.nspname, c.relname) as name, pg_get_indexdef(i.indexrelid) as definition,
    i.indisvalid as valid
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
  where i.indrelid = any ($1)
    and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
  order by n.nspname collate "C", c.relname collate "C"`;

const foreignKeysSql = `
  select conrelid as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
  from pg_constraint where contype = 'f' and conrelid = any ($1) and confrelid = any ($1)
  order by conname collate "C"`;

const commentsSql = `
  select format('comment on %s is %L;', commented, description) as sql from (
    select d.description, 1 as place, n.nspname, c.relname as name, d.objsubid,
      case d.objsubid when 0 then format('table %I.%I', n.nspname, c.relname)
        else format('column %I.%I.%I', n.nspname, c.relname, a.attname) end as commented
    from pg_description d
    join pg_class c on c.oid = d.objoid join pg_namespace n on n.oid = c.relnamespace
    left join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0
    where d.classoid = 'pg_class'::regclass and c.oid = any ($1)
    union all
    select d.description, 0, n.nspname, t.typname, 0,
      format('%s %I.%I', case t.typtype when 'd' then 'domain' else 'type' end, n.nspname, t.typname)
    from pg_description d join pg_type t on t.oid = d.objoid join pg_namespace n on n.oid = t.typnamespace
    where d.classoid = 'pg_type'::regclass and t.oid = any ($2)
  ) comments
  order by place, nspname collate "C", name collate "C", objsubid`;
