import type { RowDifference } from '../../control/terms/views.js';
import type { Side } from '../../routes/phase.js';
import { number } from './figures.js';
import { line, type Line } from './line.js';
import { indented, table } from './table.js';

const columns = ['TABLE', 'KEY', 'MONOLITH', 'EXTRACTED'].map((title) => ({ title }));

/** What a side holds of a row that differs. Values are not kept: they may be anybody's. */
export function onSideInWords({ owner, kind, fields }: RowDifference, side: Side): string {
  if (side === owner) return kind === 'orphan' ? 'no row, which counts' : 'the row that counts';
  if (kind === 'missing') return 'missing';
  return kind === 'orphan' ? 'a row too many' : `other values: ${fields.join(', ')}`;
}

/** Which rows differ; `all`: how many do, of which not all are kept. */
export function differenceLines(rows: readonly RowDifference[], all: number): Line[] {
  if (rows.length === 0)
    return indented([line('which rows they are, nobody has kept: verify once more', 'dim')]);
  const more = rows.length < all ? [line(`the first ${number(rows.length)} of them`, 'dim')] : [];
  return indented([...table(columns, rows.map(cellsOf)), ...more]);
}

const cellsOf = (row: RowDifference): Line[] => [
  line(row.table),
  line(row.pk.join('/')),
  line(onSideInWords(row, 'monolith')),
  line(onSideInWords(row, 'extracted')),
];
