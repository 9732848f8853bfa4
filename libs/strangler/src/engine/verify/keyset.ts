import { quoted, type Column, type MovingTable } from '../../database/tables.js';

/** Types that have one order on every server. All others are ordered by their text, byte by byte. */
const oneOrder =
  /^(smallint|integer|bigint|numeric|real|double precision|boolean|uuid|date|time|timestamp|interval|bytea|oid)\b[^[]*$/;

const sortsItself = ({ type }: Column): boolean => oneOrder.test(type);

const columnOf = (column: Column): string =>
  sortsItself(column) ? `t.${quoted(column.name)}` : `t.${quoted(column.name)}::text collate "C"`;

/** SQL for the order of a table's rows `t` by primary key: the same on both sides, whatever their collations. */
export const orderOf = ({ primaryKey }: MovingTable, direction: '' | ' desc' = ''): string =>
  primaryKey.map((column) => `${columnOf(column)}${direction}`).join(', ');

/** SQL for "the primary key of row `t` is on that side of the one in parameter `$place`, a `text[]`". */
function compared({ primaryKey }: MovingTable, operator: '>' | '<=', place: number): string {
  const given = primaryKey.map((column, i) => {
    const text = `($${place}::text[])[${i + 1}]`;
    return sortsItself(column) ? `${text}::${column.type}` : text;
  });
  return `(${primaryKey.map(columnOf).join(', ')}) ${operator} (${given.join(', ')})`;
}

/** A condition on rows `t` and the parameters that it names, the first of them `$first`. */
export interface KeysetCondition {
  readonly sql: string;
  readonly params: unknown[];
}

/** Rows with `after < primary key <= upTo`; null: no bound. */
export function within(
  table: MovingTable,
  { after, upTo }: { after: readonly string[] | null; upTo?: readonly string[] | null },
  first: number,
): KeysetCondition {
  const parts: string[] = [];
  const params: unknown[] = [];
  const bound = (operator: '>' | '<=', pk: readonly string[] | null | undefined) => {
    if (!pk) return;
    parts.push(compared(table, operator, first + params.length));
    params.push(pk);
  };
  bound('>', after);
  bound('<=', upTo);
  return { sql: parts.join(' and ') || 'true', params };
}
