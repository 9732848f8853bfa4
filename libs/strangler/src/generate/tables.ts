import type { ClientBase } from 'pg';
import { GenerateError } from './generated.js';

/** A relation of the monolith's database. */
interface Relation {
  oid: number;
  schema: string;
  name: string;
  /** With its schema, as SQL names it. */
  sql: string;
  kind: string;
  persistence: string;
  isPartition: boolean;
  inherits: boolean;
  isTyped: boolean;
  /** Found without its schema, by the settings of who connects. */
  visible: boolean;
  /** Made by `strangler.create_idempotency_table`, `create_saga_table` or `create_event_tables`. */
  isToolkits: boolean;
}

/** The tables that are to be made, by their names, and those of the toolkit that stand beside them. */
export interface FoundTables {
  tables: Relation[];
  toolkits: Relation[];
}

/**
 * Finds tables: those `named` (with or without their schema), or all of the schema that bears the module's name.
 *
 * @throws {GenerateError} naming those that are not there, and those that cannot be made for a service.
 */
export async function findTables(
  client: ClientBase,
  module: string,
  named: readonly string[] | undefined,
): Promise<FoundTables> {
  const { rows } = await client.query<Relation>(relationsSql);
  const own = rows.filter(({ schema, kind }) => schema === module && kind !== 'v' && kind !== 'm');
  const toolkits = own.filter(({ isToolkits }) => isToolkits);
  const found = (named ? named.map((name) => theOne(rows, name, module)) : own.map(one)).filter(
    ({ relation }) => !relation?.isToolkits,
  );
  const problems = found.flatMap(({ relation, problem }) => problem ?? unfit(relation));
  if (problems.length > 0) throw new GenerateError(problems);
  const tables = [...new Set(found.map(({ relation }) => relation!))].sort(byName);
  if (tables.length > 0) return { tables, toolkits };
  throw new GenerateError([
    `the database has no table in the schema ${module}: name the module's tables (--tables), or the folder of its application (--app)`,
  ]);
}

type Found = { relation: Relation; problem?: undefined } | { relation?: undefined; problem: string };

const one = (relation: Relation): Found => ({ relation });

/** By its full name; else the one in the module's schema, the one that the connection sees, or the only one. */
function theOne(relations: readonly Relation[], name: string, module: string): Found {
  const full = relations.find((each) => `${each.schema}.${each.name}` === name);
  const alike = relations.filter((each) => each.name === name);
  const relation =
    full ??
    alike.find(({ schema }) => schema === module) ??
    alike.find(({ visible }) => visible) ??
    (alike.length === 1 ? alike[0] : undefined);
  if (relation) return { relation };
  if (alike.length === 0) return { problem: `there is no table ${name}` };
  const names = alike.map(({ schema }) => `${schema}.${name}`);
  return { problem: `${name} may be ${names.join(' or ')}: name it with its schema` };
}

function unfit({ sql, kind, persistence, isPartition, inherits, isTyped }: Relation): string[] {
  const problem = () => {
    if (kind === 'p') return 'is partitioned: capture needs an ordinary table';
    if (isPartition) return 'is a partition: capture needs an ordinary table';
    if (inherits) return 'inherits, or is inherited from: capture needs an ordinary table';
    if (kind === 'v' || kind === 'm') return 'is a view: it stays, or becomes a query of the module';
    if (kind === 'f') return 'is a foreign table: its rows are not in this database';
    if (isTyped) return 'is a table of a composite type: capture needs an ordinary one';
    return persistence === 'p' ? undefined : 'is not logged: a crash empties it';
  };
  const text = problem();
  return text === undefined ? [] : [`${sql} ${text}; leave it out (--tables), or change it first`];
}

const byName = (a: Relation, b: Relation): number => (a.sql < b.sql ? -1 : 1);

/** In the order of their names. What only a session has, and what belongs to an extension, is nobody's module. */
const relationsSql = `
  select c.oid, n.nspname as schema, c.relname as name, format('%I.%I', n.nspname, c.relname) as sql,
    c.relkind as kind, c.relpersistence as persistence, c.relispartition as "isPartition", c.reloftype <> 0 as "isTyped",
    exists (select from pg_inherits where inhrelid = c.oid or inhparent = c.oid) as inherits,
    pg_table_is_visible(c.oid) as visible,
    (c.relname, (
      select string_agg(a.attname, ' ' order by a.attname) from pg_attribute a
      where a.attrelid = c.oid and a.attname in ('command_id', 'routing_key', 'seq', 'last_seq', 'subscriber'))
    ) in (('idempotency', 'command_id routing_key'), ('saga', 'command_id routing_key'), ('event', 'routing_key seq'),
      ('event_stream', 'last_seq routing_key'), ('event_cursor', 'routing_key seq subscriber')) as "isToolkits"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f', 'v', 'm') and n.nspname !~ '^pg_'
    and n.nspname not in ('information_schema', 'strangler')
    and not exists (select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
  order by n.nspname collate "C", c.relname collate "C"`;
