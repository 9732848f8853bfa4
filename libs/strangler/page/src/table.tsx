import type { ComponentChildren } from 'preact';

/** What stands in a row under one title. */
export interface Column<T> {
  title: string;
  of: (row: T) => ComponentChildren;
  /** A number, which stands under the others. */
  isFigure?: true;
}

/** Rows of one kind. `keyOf`: what tells them apart. */
export function Table<T>({
  rows,
  columns,
  keyOf,
  classOf = () => '',
}: {
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  classOf?: (row: T) => string;
}) {
  const figure = ({ isFigure }: Column<T>) => (isFigure ? 'figure' : undefined);
  return (
    <table>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.title} class={figure(column)}>
              {column.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} class={classOf(row)}>
            {columns.map((column) => (
              <td key={column.title} class={figure(column)}>
                {column.of(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What may be wider than the screen: it is moved to the side by itself, also by keyboard. */
export const Scrolled = ({ label, children }: { label: string; children: ComponentChildren }) => (
  <div class="scrolled" role="region" aria-label={label} tabIndex={0}>
    {children}
  </div>
);
