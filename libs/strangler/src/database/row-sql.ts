import type { Side } from '../routes/phase.js';
import { quoted, type Column, type MovingTable } from './tables.js';

/** The columns that a row of the table has on the other side of `side`, each with its SQL over the own row `t`. */
export function columnsSent(table: MovingTable, side: Side): [name: string, sql: string][] {
  const { transform } = table;
  if (transform) return Object.entries(side === 'monolith' ? transform.toExtracted : transform.toMonolith);
  return table.columns.map(({ name }) => [name, `t.${quoted(name)}`]);
}

/**
 * A row `t` as a JSON object with text for each value, as COPY writes it: every type has a text that reads back the same.
 * JSON's own forms have not: `'null'::json` would come out as NULL, and a `json` text would lose its spelling.
 */
export const rowAsJson = (table: MovingTable, side: Side): string => `
  (select row_to_json(s)::text from (select ${columnsSent(table, side)
    .map(([name, sql]) => `(${sql})::text as ${quoted(name)}`)
    .join(', ')}) s)`;

/** The primary key of a row `alias` equals the text array `values`. */
export const samePk = ({ primaryKey }: MovingTable, alias: string, values: string): string =>
  primaryKey
    .map(({ name, type }, place) => `${alias}.${quoted(name)} = (${values})[${place + 1}]::${type}`)
    .join(' and ');

const orderedAlike =
  /^(smallint|integer|bigint|uuid|boolean|bytea|date|numeric.*|timestamp.*|real|double precision)$/;

/** A column of the primary key as it is compared: text by code point, since two servers may sort it differently. */
const comparable = (alias: string, { name, type }: Column): string =>
  orderedAlike.test(type) ? `${alias}.${quoted(name)}` : `${alias}.${quoted(name)}::text collate "C"`;

/** The primary key of a row `alias`, to sort by. */
export const pkOrder = ({ primaryKey }: MovingTable, alias: string): string =>
  primaryKey.map((column) => comparable(alias, column)).join(', ');

/** The primary key of a row `alias` against the text array `values`, in that order; `sign`: `>` or `<=`. */
export function comparePk(table: MovingTable, alias: string, sign: '>' | '<=', values: string): string {
  const bound = table.primaryKey.map(({ type }, place) => {
    const value = `(${values})[${place + 1}]`;
    return orderedAlike.test(type) ? `${value}::${type}` : value;
  });
  return `(${pkOrder(table, alias)}) ${sign} (${bound.join(', ')})`;
}

/**
 * Rows as `rowAsJson` makes them, read from the JSON `text` as table `x`. JSON columns are read as text: they would get
 * the text as a JSON string.
 */
export const rowsFromJson = (columns: readonly Column[], text: string): string =>
  `json_to_recordset(${text}::json) as x(${columns
    .map(({ name, type, json }) => `${quoted(name)} ${json ? 'text' : type}`)
    .join(', ')})`;

/** The column of a row from `rowsFromJson`, in the table's type. */
export const valueFromJson = ({ name, type, json }: Column): string =>
  json ? `x.${quoted(name)}::${type}` : `x.${quoted(name)}`;
