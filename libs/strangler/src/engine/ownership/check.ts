import type { Queryable } from '../../database/database.js';
import type { MovingModule, MovingTable } from '../../database/tables.js';
import { tableKeysOf } from './key-expressions.js';

/** A thing in the catalogue that a module cannot move with. */
interface Found {
  table: string;
  /** A column, an index or a constraint; what it is depends on the rule. */
  name: string;
  more: string;
}

interface Rule {
  /** SQL over `moving`, the module's tables, that selects what is wrong. */
  readonly finds: string;
  /** One sentence: what is wrong, and what to change. */
  readonly says: (found: Found) => string;
}

/** Values of these types are equal exactly when their text is, in every session: a routing key is hashed as text. */
const keyTypes = ['uuid', 'text', 'varchar', 'bpchar', 'int2', 'int4', 'int8', 'bool'];
/** Values of these types come back from their text unchanged, in every session: so a row is found again. */
const primaryKeyTypes = [...keyTypes, 'numeric', 'bytea'];
const oneOf = (types: readonly string[]) => types.map((type) => `'${type}'::regtype`).join(', ');

/** A table's name, always with its schema. */
const nameOf = (oid: string): string =>
  `(select format('%I.%I', named_in.nspname, named.relname) from pg_class named join pg_namespace named_in on named_in.oid = named.relnamespace where named.oid = ${oid})`;

/**
 * The module's tables ($1). `key`: the numbers of the columns that its routing key is made of; `key_name`: the one column that is the key.
 */
const moving = `
  with moving as (
    select c.oid, ${nameOf('c.oid')} as table, given.expression, given."byKey" as by_key,
      case when given.expression is null then given.columns[1] end as key_name, c.relkind, c.relispartition, c.relpersistence,
      array(select a.attnum from pg_attribute a
        where a.attrelid = c.oid and a.attname = any(given.columns) and a.attnum > 0 and not a.attisdropped) as key
    from json_to_recordset($1::json) given (sql text, "byKey" boolean, columns text[], expression text)
    join pg_class c on c.oid = given.sql::regclass
  ), keyed as (
    select m.*, a.attnum, a.attname, a.attnotnull, a.attidentity, a.attgenerated
    from moving m join pg_attribute a on a.attrelid = m.oid and a.attnum = any(m.key)
  )`;

/** Whether a default `f` of `pg_attrdef` is made anew at each insert: then its caller does not know it. */
const isMade = `(f.adbin::text ~ '\\{(NEXTVALUEEXPR|SQLVALUEFUNCTION)' or exists (
  select from regexp_matches(f.adbin::text, ':(?:op)?funcid (\\d+)', 'g') call
  join pg_proc p on p.oid = call[1]::oid and p.provolatile <> 'i'))`;

/** The columns of an index `i`, without those that it only includes. */
const keyPart = '(i.indkey::int2[])[0:i.indnkeyatts - 1]';

const rules: readonly Rule[] = [
  {
    finds: `
      select m.table from moving m
      where relkind = 'p' or relispartition
        or exists (select from pg_inherits where inhrelid = m.oid or inhparent = m.oid)`,
    says: ({ table }) =>
      `${table} is partitioned or inherits, and its triggers miss rows: make it an ordinary table`,
  },
  {
    finds: `select m.table from moving m where relpersistence <> 'p'`,
    says: ({ table }) =>
      `${table} is empty after a crash of the server: alter table ${table} set logged, or leave it out`,
  },
  {
    // The relay would copy what it is shown, and delete the rest on the other side.
    finds: `select m.table, current_user::text as name from moving m where row_security_active(m.oid)`,
    says: ({ table, name }) =>
      `row security hides rows of ${table} from the role ${name}: alter role ${name} bypassrls, or connect as the owner of the table`,
  },
  {
    finds: `
      select m.table, coalesce(quote_ident(m.key_name), '') as name from moving m
      where by_key and key = '{}'`,
    says: ({ table, name }) =>
      name === ''
        ? `${table} belongs to a module that is owned by key, and nothing says which column that is: name it as routingKey in forFeature, or give keyExpressions`
        : `${table} has no column ${name}, so its rows have no owner: add the routing key to it`,
  },
  {
    finds: `select k.table, quote_ident(k.attname) as name from keyed k where not k.attnotnull`,
    says: ({ table, name }) =>
      `${table}.${name} is the routing key, or in it, and can be null, which nobody owns: alter table ${table} alter ${name} set not null`,
  },
  {
    finds: `
      select k.table, quote_ident(k.attname) as name,
        case when k.attidentity <> '' then 'an identity' else pg_get_expr(f.adbin, f.adrelid) end as more
      from keyed k
      left join pg_attrdef f on f.adrelid = k.oid and f.adnum = k.attnum and k.attgenerated = ''
      where k.attidentity <> '' or ${isMade}`,
    says: ({ table, name, more }) =>
      `${table}.${name} is the routing key, or in it, and where it is left out only the database knows it (${more}): no caller could say whose the row will be. Let the caller make it, and: alter table ${table} alter ${name} drop ${more === 'an identity' ? 'identity' : 'default'}; or let the module have one owner as a whole`,
  },
  {
    finds: `
      select m.table, quote_ident(a.attname) as name, format_type(a.atttypid, a.atttypmod) as more
      from moving m
      join pg_attribute a on a.attrelid = m.oid
      join pg_type t on t.oid = a.atttypid
      cross join lateral (select coalesce(nullif(t.typbasetype, 0), t.oid) as type) base
      where t.typtype <> 'e'
        and (m.expression is null and a.attnum = any(m.key) and base.type not in (${oneOf(keyTypes)})
          or base.type not in (${oneOf(primaryKeyTypes)}) and exists (
            select from pg_index i where i.indrelid = m.oid and i.indisprimary and a.attnum = any(${keyPart})))
      order by a.attnum`,
    says: ({ table, name, more }) =>
      `${table}.${name} is a key of type ${more}, which is written in more than one way: use text, uuid or an integer`,
  },
  {
    finds: `
      select m.table, quote_ident(a.attname) as name, quote_ident(c.collname) as more
      from moving m
      join pg_attribute a on a.attrelid = m.oid
      join pg_collation c on c.oid = a.attcollation and not c.collisdeterministic
      where m.expression is null and a.attnum = any(m.key) or exists (
        select from pg_index i where i.indrelid = m.oid and i.indisprimary and a.attnum = any(${keyPart}))`,
    says: ({ table, name, more }) =>
      `${table}.${name} is a key whose collation ${more} takes different texts for equal, which have different owners: use collation "C"`,
  },
  {
    finds: `
      select m.table, f.conname as name from moving m
      join pg_index i on i.indrelid = m.oid and i.indisprimary and not i.indimmediate
      join pg_constraint f on f.conindid = i.indexrelid and f.contype = 'p'`,
    says: ({ table, name }) =>
      `the primary key ${name} of ${table} is deferrable, and no upsert can go by it: make it not deferrable`,
  },
  {
    finds: `
      select m.table, quote_ident(a.attname) as name from moving m
      join pg_attribute a on a.attrelid = m.oid and a.attidentity = 'a'`,
    says: ({ table, name }) =>
      `${table}.${name} refuses the value that the other side gave a row: alter table ${table} alter ${name} set generated by default`,
  },
  {
    finds: `
      select m.table, i.indexrelid::regclass::text as name from moving m
      join pg_index i on i.indrelid = m.oid and (i.indisunique or i.indisexclusion)
      where m.key <> '{}' and not m.key <@ ${keyPart}
        and not exists (
          select from unnest(${keyPart}) with ordinality part (number, place)
          left join pg_attribute a on a.attrelid = m.oid and a.attnum = part.number and part.number > 0
          where a.atttypid = 'uuid'::regtype or pg_get_indexdef(i.indexrelid, part.place::int, false) = m.expression)
      order by name`,
    says: ({ table, name }) =>
      `the unique index ${name} of ${table} has neither the routing key nor a UUID, so that each side could give out the same value: add the routing key to it, or let the module have one owner as a whole`,
  },
  {
    finds: `
      select ${nameOf('f.conrelid')} as table, quote_ident(f.conname) as name, ${nameOf('f.confrelid')} as more
      from pg_constraint f
      where f.contype = 'f'
        and (f.conrelid in (select oid from moving)) <> (f.confrelid in (select oid from moving))
      order by 1, 2`,
    says: ({ table, name, more }) =>
      `the foreign key ${name} of ${table} ties it to ${more}, and only one of them moves: alter table ${table} drop constraint ${name}; or move both`,
  },
  {
    finds: `
      select m.table, quote_ident(f.conname) as name, parent.table as more
      from pg_constraint f
      join moving m on m.oid = f.conrelid
      join moving parent on parent.oid = f.confrelid
      where f.contype = 'f' and m.key <> '{}' and parent.key <> '{}'
        and (m.key_name is null or parent.key_name is null
          or (m.key[1], parent.key[1]) not in (select * from unnest(f.conkey, f.confkey)))
      order by 1, 2`,
    says: ({ table, name, more }) =>
      `the foreign key ${name} of ${table} ties rows to rows of ${more} that may have another owner: add the routing keys of both to it, or: alter table ${table} drop constraint ${name}`,
  },
  {
    finds: `
      select m.table, quote_ident(a.attname) as name,
        format('%s that defaults to %s', format_type(a.atttypid, a.atttypmod), pg_get_expr(f.adbin, f.adrelid)) as more
      from moving m
      join pg_attribute a on a.attrelid = m.oid and a.attgenerated = ''
      join pg_attrdef f on f.adrelid = m.oid and f.adnum = a.attnum
      join pg_type t on t.oid = a.atttypid
      where coalesce(nullif(t.typbasetype, 0), t.oid) in ('timestamp'::regtype, 'date'::regtype, 'time'::regtype)
        and pg_get_expr(f.adbin, f.adrelid) ~* '\\m(now|transaction_timestamp|statement_timestamp|clock_timestamp|timeofday)\\(|\\m(current_|local)(timestamp|date|time)\\M|''now'''
        and pg_get_expr(f.adbin, f.adrelid) !~* 'at time zone|\\mtimezone\\('
      order by m.table, a.attnum`,
    says: ({ table, name, more }) =>
      `${table}.${name} is a ${more}, which is another one in a session of another time zone, and so on the other side: say the zone that its values are in, alter table ${table} alter ${name} set default (now() at time zone 'UTC')`,
  },
  {
    // Rows of the other side are stored in replica role, so that foreign keys, triggers and order do not matter.
    finds: `
      select '' as table, quote_ident(current_user) as name
      where not has_parameter_privilege('session_replication_role', 'set')`,
    says: ({ name }) =>
      `the role ${name} may not store the other side's rows as a replica: grant set on parameter session_replication_role to ${name}`,
  },
];

const subscriptions: Rule = {
  finds: `
    select m.table, quote_ident(s.subname) as name from moving m
    join pg_subscription_rel r on r.srrelid = m.oid
    join pg_subscription s on s.oid = r.srsubid`,
  says: ({ table, name }) =>
    `the subscription ${name} writes ${table} beside its owner: drop it, or take the table out of its publication`,
};

/**
 * Why the module may not start to move, as this database knows it: one sentence each, what is wrong and what to change.
 * Empty: it may. The rules are those of Citus and Vitess for sharded tables, and of logical replication.
 */
export async function checkModule(
  on: Queryable,
  module: MovingModule,
  tables: readonly MovingTable[],
): Promise<string[]> {
  const { keys, problems: ofKeys } = await tableKeysOf(on, module, tables, keyTypes);
  const given = JSON.stringify(keys);
  const shared = (module.shared ?? []).map(
    (table) =>
      `${table} is written by others as well, and no fence holds them: once nobody else writes it, name it in tables`,
  );
  const problems = [...shared, ...ofKeys];
  for (const { finds, says } of [...rules, ...(await readableSubscriptions(on))]) {
    problems.push(...(await on.query<Found>(`${moving} ${finds}`, [given])).map(says));
  }
  return problems;
}

/** Some servers do not show their subscriptions to a plain role. */
async function readableSubscriptions(on: Queryable): Promise<Rule[]> {
  const [answer] = await on.query<{ readable: boolean }>(
    `select has_table_privilege('pg_subscription_rel', 'select')
       and has_column_privilege('pg_subscription', 'subname', 'select') as readable`,
  );
  return answer?.readable ? [subscriptions] : [];
}
