-- A key expression follows the locale in the order of texts and in patterns, too (docs/adr/0060-tables-stay-where-they-are.md).

create or replace function strangler.key_expression(p_table regclass, p_expression text)
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
      -- What makes letters large or small, knows which are letters, or in which order they stand, is told by :inputcollid by which locale.
      (select min(coalesce(o.oprname, p.proname, case call[3] when '0' then 'greatest' else 'least' end)::text)
        from regexp_matches(i.indexprs::text,
          '(?::(?:op)?funcid (\d+)|\{MINMAX)[^{}]* :inputcollid (\d+)(?: :op ([01]))?', 'g') call
        join pg_collation c on c.oid = call[2]::oid and c.collname not in ('C', 'POSIX')
        left join pg_proc p on p.oid = call[1]::oid and p.pronamespace = 'pg_catalog'::regnamespace
        left join pg_operator o on o.oprcode = p.oid
        where call[1] is null
          or p.proname ~ '^(lower|upper|initcap|casefold|regexp_.*|(text|bpchar|name)(_?[lg][te]|ic.*|regex..))$')
    from pg_index i
    join pg_attribute key on key.attrelid = i.indexrelid and key.attnum = 1
    join pg_type t on t.oid = key.atttypid
    left join pg_type b on b.oid = nullif(t.typbasetype, 0)
    where i.indexrelid = 'pg_temp.strangler_key_key'::regclass;
  drop table pg_temp.strangler_key;
exception when others then
  return query select sqlerrm, null::text[], null::text, null::text, null::text, null::text;
end $$;
