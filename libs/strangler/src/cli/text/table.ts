import { joined, line, widthOf, type Line } from './line.js';

export interface TextColumn {
  title: string;
  align?: 'right';
  /** Columns that it takes at least: what changes every second must not make the others jump. */
  min?: number;
}

/** Rows under their titles, each column as wide as its widest cell. Without rows only the titles are left. */
export function table(columns: readonly TextColumn[], rows: readonly (readonly Line[])[]): Line[] {
  const titles = columns.map(({ title }) => line(title, 'dim'));
  return aligned([titles, ...rows], columns);
}

/**
 * Cells in columns, without titles. The last cell of a row is not padded.
 *
 * @internal
 */
export function aligned(
  rows: readonly (readonly Line[])[],
  columns: readonly Partial<TextColumn>[] = [],
): Line[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? columns[i]?.min ?? 0, widthOf(cell))));
  return rows.map((row) =>
    row.flatMap((cell, i) => {
      const space = ' '.repeat((widths[i] ?? 0) - widthOf(cell));
      const [before, after] =
        columns[i]?.align === 'right' ? [space, ''] : ['', i < row.length - 1 ? space : ''];
      return [{ text: (i > 0 ? gap : '') + before }, ...cell, { text: after }];
    }),
  );
}

const gap = '  ';

/**
 * Lines set in by two columns.
 *
 * @internal
 */
export const indented = (lines: readonly Line[]): Line[] => lines.map((one) => joined([line(' '), one], ' '));
