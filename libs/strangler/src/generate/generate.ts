import type { ClientBase } from 'pg';
import { readCatalogue } from './catalogue.js';
import type { GeneratedSchema, LeftOutOfSchema } from './generated.js';
import { readOthers } from './others.js';
import { findTables, type FoundTables } from './tables.js';
import { writeSchema } from './write.js';

/**
 * Makes the schema of a module's service from the catalogue of the monolith's database, so that migrations are written for the monolith
 * alone. It reads in one snapshot, and changes nothing. `tables`: their names; left out, all tables of the schema that bears the
 * module's name.
 * @throws {GenerateError} with all that stands in the way.
 *
 * @example
 * ```ts
 * const generated = await generateSchema(client, 'sessions', { tables: ['public.sessions'] });
 * console.log(generated.sql, generated.leftOut.length);
 * ```
 */
export async function generateSchema(
  client: ClientBase,
  module: string,
  { tables: named }: { tables?: readonly string[] } = {},
): Promise<GeneratedSchema> {
  await client.query('begin isolation level repeatable read read only');
  try {
    const { tables, toolkits } = await findTables(client, module, named);
    for (const setting of settings) await client.query(`set local ${setting}`);
    const oids = tables.map(({ oid }) => oid);
    const { sql, leftOut } = writeSchema(tables, await readCatalogue(client, oids));
    return {
      module,
      tables: tables.map((table) => table.sql),
      sql,
      leftOut: [
        ...(await readOthers(client, oids)),
        ...leftOut,
        ...toolkits.filter(({ name }) => !madeWithEvents.has(name)).map((table) => recorded(table, tables)),
      ],
    };
  } finally {
    await client.query('rollback');
  }
}

/** By them PostgreSQL writes names with their schemas, and values as everywhere else. */
const settings = [
  `search_path = ''`,
  'quote_all_identifiers = off',
  'timezone = UTC',
  `datestyle = 'ISO, YMD'`,
  'intervalstyle = postgres',
  'bytea_output = hex',
  'extra_float_digits = 3',
];

/** What tells events has all three of them. */
const madeWithEvents = new Set(['event_stream', 'event_cursor']);

function recorded(
  { name, schema, sql }: FoundTables['toolkits'][number],
  tables: FoundTables['tables'],
): LeftOutOfSchema {
  const isMade = tables.some((table) => table.schema === schema);
  const first = isMade ? '' : `create schema if not exists "${schema.replaceAll('"', '""')}"; `;
  const maker = name === 'event' ? 'create_event_tables' : `create_${name}_table`;
  const make = `${first}select strangler.${maker}('${schema.replaceAll("'", "''")}');`;
  const text = `${sql} is the toolkit's own: it is made once "migrate" of nestjs-strangler has run there`;
  return { kind: 'toolkit', text, run: { where: 'service', sql: make } };
}
