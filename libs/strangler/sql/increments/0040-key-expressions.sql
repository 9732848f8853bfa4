-- What PostgreSQL says of an expression by which rows have their routing key (docs/adr/0060-tables-stay-where-they-are.md).

-- What PostgreSQL says of an expression by which the rows of a table, called strangler_key in it, are to have their routing key: it
-- is judged as the expression of an index is. A function of another schema has to be named with it: writers have search paths of their own.
create function strangler.key_expression(p_table regclass, p_expression text)
  returns table (problem text, columns text[], definition text, type text, loose text, locale text)
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create temp table strangler_key (like %s)', p_table);
  execute format('create index strangler_key_key on pg_temp.strangler_key ((%s))', p_expression);
  return query
    select null::text,
      array(select a.attname::text from pg_depend d
        join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
          and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid order by a.attnum),
      pg_get_indexdef(i.indexrelid, 1, false), coalesce(b.typname, t.typname)::text,
      (select quote_ident(c.collname) from pg_collation c where c.oid = key.attcollation and not c.collisdeterministic),
      -- What makes letters large or small, or knows which are letters, is told by :inputcollid by which locale.
      (select min(p.proname::text) from regexp_matches(i.indexprs::text, ':funcid (\d+)[^{}]* :inputcollid (\d+)', 'g') call
        join pg_proc p on p.oid = call[1]::oid and p.pronamespace = 'pg_catalog'::regnamespace
          and p.proname ~ '^(lower|upper|initcap|casefold|regexp_.*)$'
        join pg_collation c on c.oid = call[2]::oid and c.collname not in ('C', 'POSIX'))
    from pg_index i
    join pg_attribute key on key.attrelid = i.indexrelid and key.attnum = 1
    join pg_type t on t.oid = key.atttypid
    left join pg_type b on b.oid = nullif(t.typbasetype, 0)
    where i.indexrelid = 'pg_temp.strangler_key_key'::regclass;
  drop table pg_temp.strangler_key;
exception when others then
  return query select sqlerrm, null::text[], null::text, null::text, null::text, null::text;
end $$;
