import type { HistoryEntry } from '../../control/terms/views.js';
import { figuresInWords } from './history-figures.js';
import { joined, line, widthOf, wrap, type Line, type Style } from './line.js';
import { aligned, indented, table } from './table.js';

const outcomes: Readonly<Record<HistoryEntry['outcome'], Style>> = {
  begun: 'cyan',
  done: 'green',
  refused: 'yellow',
  aborted: 'yellow',
  failed: 'red',
  noted: 'dim',
};

/** Of a module, or of a route of the edge. */
export type ShownEntry = Omit<HistoryEntry, 'from' | 'to'> & { from: string; to: string };

const titles = ['AT (UTC)', 'MODULE', 'WHO', 'WHAT', 'OUTCOME', 'PHASE'].map((title) => ({ title }));
/** Fewer columns are no place for a reason: it is then set below its entry. */
const leastWhy = 40;

/**
 * Who did what, when, why, and by which figures; the oldest first, as a log is read. In columns where `width` has room for
 * them; nothing is cut off.
 */
export function historyLines(entries: readonly ShownEntry[], width = Infinity): Line[] {
  if (entries.length === 0) return [line('nothing has happened yet')];
  const ordered = [...entries].sort((a, b) => a.id - b.id);
  const cells = ordered.map(cellsOf);
  const whys = ordered.map(whyOf);
  const fixed = Math.max(...aligned([titles.map(({ title }) => line(title)), ...cells]).map(widthOf));
  if (width - fixed - 2 >= leastWhy) return besideEach(cells, whys, width - fixed - 2);
  const heads = fixed <= width ? table(titles, cells).slice(1) : cells.map((row) => joined(row));
  return heads.flatMap((head, i) => [head, ...indented(whys[i] ?? [])]);
}

const cellsOf = ({ at, module, actor, action, from, to, outcome }: ShownEntry): Line[] => [
  line(at.slice(0, 19).replace('T', ' '), 'dim'),
  line(module),
  line(actor),
  line(action, 'bold'),
  line(outcome, outcomes[outcome]),
  line(from === to ? from : `${from} → ${to}`),
];

/** The reason, and the figures in words. */
function whyOf({ reason, figures }: ShownEntry): Line[] {
  const words = figuresInWords(figures);
  return [...(reason ? [line(reason)] : []), ...(words === '' ? [] : [line(words, 'dim')])];
}

/** The reasons in a column of their own, broken between words. */
function besideEach(cells: readonly Line[][], whys: readonly Line[][], width: number): Line[] {
  const rows = cells.flatMap((row, i) => {
    const [first = [], ...more] = (whys[i] ?? []).flatMap((one) =>
      width < Infinity ? wrap(one, width) : [one],
    );
    if (width === Infinity) return [[...row, joined([first, ...more])]];
    return [[...row, first], ...more.map((one) => [...row.map((): Line => []), one])];
  });
  return table([...titles, { title: 'WHY' }], rows);
}
