import { quoted, type MovingTable } from './tables.js';

/** Types whose values take a few bytes, whatever they are. */
const short =
  /^(smallint|integer|bigint|boolean|uuid|oid|date|real|double precision|time|timestamp|interval)\b[^[]*$/;
const text = /^(text|character varying(\(\d+\))?|character(\(\d+\))?)$/;
const shortBytes = 8;

/**
 * SQL for about how many bytes a row `alias` has as JSON, without reading what PostgreSQL keeps outside of the row; of a compressed value that
 * is no text its stored size. `most`: longer values are cut to so many.
 */
export function rowBytes({ columns }: Pick<MovingTable, 'columns'>, alias: string, most?: number): string {
  const varying = columns.filter(({ type }) => !short.test(type));
  const names = columns.reduce((sum, { name }) => sum + Buffer.byteLength(name) + shortBytes, 0);
  const sizes = varying.map(({ name, type }) => {
    const size = bytesOf(type, `${alias}.${quoted(name)}`);
    return `coalesce(${most === undefined ? size : `least(${size}, ${most})`}, 0)`;
  });
  return `(${[`${names}::bigint`, ...sizes].join(' + ')})`;
}

function bytesOf(type: string, value: string): string {
  if (text.test(type)) return `octet_length(${value})`;
  return type === 'bytea' ? `2::bigint * octet_length(${value})` : `pg_column_size(${value})`;
}
