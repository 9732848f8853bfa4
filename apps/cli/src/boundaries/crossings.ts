/**
 * What crosses schemas in a database, as far as PostgreSQL itself or the text of a function knows; `$1` names the schemas.
 * The toolkit's own schema is called `strangler`.
 */
export const crossingsSql = `
  with depends as (
    -- Foreign keys, views, triggers, defaults, types, partitions, functions with a parsed body: PostgreSQL knows what
    -- each of them needs. A rule, trigger or constraint has no schema itself; its address begins with its table's.
    select a.identity as what, b.identity as needs,
      coalesce(a.schema, a_address.object_names[1]) as from_schema, b.schema as to_schema, d.refclassid
    from pg_depend d,
      pg_identify_object(d.classid, d.objid, d.objsubid) a,
      pg_identify_object_as_address(d.classid, d.objid, d.objsubid) a_address,
      pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) b
    -- A foreign key's own triggers say nothing that the key does not say.
    where not exists (select from pg_trigger t where d.classid = 'pg_trigger'::regclass and t.oid = d.objid and t.tgisinternal)
    union all
    -- Any other function is text to PostgreSQL: looked through for the names of schemas.
    select f.oid::regprocedure::text, named.nspname || '.…', own.nspname, named.nspname, 0
    from pg_proc f
    join pg_namespace own on own.oid = f.pronamespace
    join pg_namespace named on f.prosrc ~ ('\\m' || named.nspname || '"?\\s*\\.')
  )
  select distinct what, needs, from_schema as "from", to_schema as "to" from depends
  where from_schema = any ($1) and to_schema = any ($1) and from_schema <> to_schema
    -- The toolkit stands in every database beside its module: its functions may be called.
    and not (to_schema = 'strangler' and refclassid in ('pg_proc'::regclass, 0))
  order by what, needs`;
