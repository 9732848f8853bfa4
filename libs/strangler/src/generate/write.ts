import type { Catalogue, CatalogueColumn, Constraint, Domain, Sequence } from './catalogue.js';
import { GenerateError, type LeftOutOfSchema } from './generated.js';
import { partKey } from './needs.js';

/** A table that is to be written. */
export interface Table {
  oid: number;
  sql: string;
}

/** Statements, and what could not become one. */
export interface Written {
  sql: string;
  leftOut: LeftOutOfSchema[];
}

/**
 * Writes statements that make tables in an empty database. What needs something that the service will not have is left out, with the
 * statement that adds it later.
 *
 * @throws {GenerateError} where a column cannot be made.
 */
export function writeSchema(tables: readonly Table[], catalogue: Catalogue): Written {
  refuseColumns(tables, catalogue);
  const { schemas, extensions, enums, domains, sequences, indexes, foreignKeys, comments } = catalogue;
  const leftOut: LeftOutOfSchema[] = [];
  const keep = <T>(parts: readonly T[], judge: (part: T) => LeftOutOfSchema | undefined): T[] =>
    parts.filter((part) => {
      const found = judge(part);
      if (found) leftOut.push(found);
      return !found;
    });
  const nameOf = (oid: number) => tables.find((table) => table.oid === oid)!.sql;
  const defaults = keep(
    catalogue.columns.filter(({ expression }) => expression !== null),
    (column) => withoutDefault(nameOf(column.table), column, catalogue),
  );
  const constraints = keep(catalogue.constraints, (one) =>
    withoutConstraint(nameOf(one.table), one, catalogue),
  );
  const kept = keep(indexes, (one) => withoutIndex(one, catalogue));
  keep(sequences, countsApart);
  const written = [
    schemas.map((name) => `create schema if not exists ${name};`),
    extensions.map(({ name, schema }) => `create extension if not exists ${name} with schema ${schema};`),
    enums.map(({ name, labels }) => `create type ${name} as enum (${labels.join(', ')});`),
    domains.map(domain),
    sequences
      .filter(({ isIdentity }) => !isIdentity)
      .map(({ name, options }) => `${words('create sequence', name, options)};`),
    ...tables.map(({ oid, sql }) => {
      const own = catalogue.columns.filter(({ table }) => table === oid);
      const lines = [
        ...own.map((each) => column(each, defaults.includes(each), sequences)),
        ...constraints.filter(({ table }) => table === oid).map(constraint),
      ];
      return [`create table ${sql} (\n${lines.map((line) => `  ${line}`).join(',\n')}\n);`];
    }),
    sequences.flatMap((one) => ownedBy(one, nameOf, catalogue.columns)),
    kept.map(({ definition }) => `${definition};`),
    foreignKeys.map(
      ({ table, name, definition }) => `alter table ${nameOf(table)} add constraint ${name} ${definition};`,
    ),
    comments,
  ];
  const sql = written
    .filter((statements) => statements.length > 0)
    .map((statements) => `${statements.join('\n')}\n`);
  return { sql: sql.join('\n'), leftOut };
}

const words = (...all: (string | false | null)[]): string => all.filter(Boolean).join(' ');

function domain({ name, type, collation, default: value, notNull, checks }: Domain): string {
  const head = words(
    `create domain ${name} as ${type}`,
    collation && `collate ${collation}`,
    value !== null && `default ${value}`,
    notNull && 'not null',
  );
  const rules = checks.map((check) => `constraint ${check.name} ${check.definition}`);
  return `${[head, ...rules].join('\n  ')};`;
}

function column(
  { table, number, name, type, collation, notNull, identity, generated, expression }: CatalogueColumn,
  hasExpression: boolean,
  sequences: readonly Sequence[],
): string {
  const counter = sequences.find((one) => one.isIdentity && one.table === table && one.column === number);
  const value = () => {
    if (counter && identity) return identityOf(counter, identity);
    if (!hasExpression) return null;
    return generated
      ? `generated always as (${expression}) ${generated === 's' ? 'stored' : 'virtual'}`
      : `default ${expression}`;
  };
  return words(`${name} ${type}`, collation && `collate ${collation}`, value(), notNull && 'not null');
}

function identityOf({ name, options, isNamedByDefault }: Sequence, identity: 'a' | 'd'): string {
  // The type of an identity's sequence is its column's.
  const said = words(!isNamedByDefault && `sequence name ${name}`, options.replace(/^as \w+ ?/, ''));
  return words(
    `generated ${identity === 'a' ? 'always' : 'by default'} as identity`,
    said !== '' && `(${said})`,
  );
}

const constraint = ({ name, definition }: Constraint): string => `constraint ${name} ${definition}`;

function ownedBy(
  { isIdentity, name, table, column: number }: Sequence,
  nameOf: (oid: number) => string,
  columns: readonly CatalogueColumn[],
): string[] {
  if (isIdentity || table === null) return [];
  const owner = columns.find((each) => each.table === table && each.number === number)!;
  return [`alter sequence ${name} owned by ${nameOf(table)}.${owner.name};`];
}

/** A column without its type is none, and one that is not generated holds something else. */
function refuseColumns(tables: readonly Table[], { columns, needs: { missing }, domains }: Catalogue): void {
  const problems = columns.flatMap(({ table, number, name, generated, expressionOid }) => {
    const called = `column ${name} of ${tables.find(({ oid }) => oid === table)!.sql}`;
    const ofType = missing.get(partKey({ kind: 'column', oid: table, sub: number }));
    const ofValue =
      generated && expressionOid !== null && missing.get(partKey({ kind: 'expression', oid: expressionOid }));
    const needed = ofType ?? (ofValue || []);
    return needed.map(
      (what) =>
        `${called} needs the ${what}, and the service will not have it: enum types, domains and what extensions bring are made, nothing else`,
    );
  });
  const unsure = domains.flatMap(({ name, checks }) =>
    checks
      .filter(({ valid }) => !valid)
      .map(
        (check) =>
          `check ${check.name} of the domain ${name} is not valid: rows that break it could not be copied; validate it first`,
      ),
  );
  if (problems.length + unsure.length > 0) throw new GenerateError([...problems, ...unsure]);
}

const needing = (what: string, needed: readonly string[]): string =>
  `${what} needs the ${needed.join(', the ')}`;

function withoutDefault(
  table: string,
  { name, expressionOid, expression, generated }: CatalogueColumn,
  { needs }: Catalogue,
): LeftOutOfSchema | undefined {
  const needed = needs.missing.get(partKey({ kind: 'expression', oid: expressionOid! }));
  if (!needed || generated) return undefined;
  const sql = `alter table ${table} alter column ${name} set default ${expression};`;
  return {
    kind: 'default',
    text: needing(`the default of ${table}.${name}`, needed),
    run: { where: 'service', sql },
  };
}

function withoutConstraint(
  table: string,
  { oid, name, definition, valid }: Constraint,
  { needs }: Catalogue,
): LeftOutOfSchema | undefined {
  const needed = needs.missing.get(partKey({ kind: 'constraint', oid }));
  if (!needed && valid) return undefined;
  const sql = `alter table ${table} add constraint ${name} ${definition};`;
  const text = needed
    ? needing(`${name} of ${table}`, needed)
    : `${name} of ${table} is not valid or not enforced: rows that break it could not be copied; validate it first, or live without`;
  return { kind: 'constraint', text, run: { where: 'service', sql } };
}

function withoutIndex(
  { oid, name, definition, valid }: Catalogue['indexes'][number],
  { needs }: Catalogue,
): LeftOutOfSchema | undefined {
  const needed = needs.missing.get(partKey({ kind: 'index', oid }));
  if (!needed && valid) return undefined;
  const text = needed
    ? needing(name, needed)
    : `${name} is not valid: it was not built to its end, or is being built`;
  return { kind: 'index', text, run: { where: 'service', sql: `${definition};` } };
}

/** It is made all the same: the default needs it. */
const countsApart = ({ name, staying }: Sequence): LeftOutOfSchema | undefined =>
  staying === null
    ? undefined
    : {
        kind: 'sequence',
        text: `${name} is made, but ${staying} stays and counts with it as well: from then on each database counts by itself`,
        run: null,
      };
