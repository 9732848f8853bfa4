import { sides, otherSide, type Side } from '../../routes/phase.js';
import type { Gap, TableState } from './captured.js';
import { holds, isSameType } from './type-fit.js';

/** The tables of a side; undefined: it does not say. */
type Told = readonly TableState[] | undefined;

const gapWords: Readonly<Record<Gap, string>> = {
  missing: 'is not there: run its migration',
  new: 'is not captured yet',
  triggers: 'was written without capture: its triggers were switched off, dropped, or it was swapped',
  columns: 'has other columns since a moment ago, and is about to be copied',
  awaits: 'was not captured while keys were split, and the other side has not sent all its rows of it since',
};

/** A gap of a table, in words. */
export const gapInWords = (side: Side, table: string, gap: Gap): string =>
  `the table ${table} on ${side} ${gapWords[gap]}`;

/** Why changes of tables may be missing on the other side, or cannot be carried over; empty: they are alike, and captured. Pure. */
export function tableProblems(monolith: Told, extracted: Told): string[] {
  const told = { monolith, extracted };
  return [...sides.flatMap((side) => gapsOf(side, told[side])), ...differences(told)];
}

/** What is wrong with the capture of a side's tables, in words. Pure. */
export const gapsOf = (side: Side, tables: Told): string[] =>
  (tables ?? []).flatMap(({ table, gap }) => (gap === null ? [] : [gapInWords(side, table, gap)]));

/** What the two sides have not in common, each with what to do. Pure. */
export function differences(told: Readonly<Record<Side, Told>>): string[] {
  const { monolith, extracted } = told;
  // One of them is of a release that does not say.
  if (!monolith || !extracted) return [];
  const lacks = sides.flatMap((side) =>
    (told[side] ?? []).flatMap((mine) => lacking(mine, otherSide(side), told[otherSide(side)] ?? [])),
  );
  return [...lacks, ...monolith.flatMap((table) => otherTypes(table, extracted))];
}

/** Values of a wider column do not go into a narrower one: they wait until it is as wide. */
function otherTypes(mine: TableState, others: readonly TableState[]): string[] {
  const theirs = others.find(({ table }) => table === mine.table);
  const [here, there] = [typesByColumn(mine), typesByColumn(theirs)];
  return [...here].flatMap(([column, type]) => {
    const other = there.get(column);
    if (other === undefined || isSameType(type, other)) return [];
    return [
      `the column ${column} of ${mine.table} is ${type} on monolith and ${other} on extracted: ${whatToAlter(type, other)}`,
    ];
  });
}

const typesByColumn = (table: TableState | undefined): ReadonlyMap<string, string> =>
  new Map((table?.columns ?? []).flatMap((column, i) => (table?.types ? [[column, table.types[i]!]] : [])));

function whatToAlter(monolith: string, extracted: string): string {
  if (holds(extracted, monolith)) return `make it ${extracted} on monolith, too`;
  if (holds(monolith, extracted)) return `make it ${monolith} on extracted, too`;
  return 'neither holds all values of the other: make them the same';
}

function lacking(mine: TableState, other: Side, theirs: readonly TableState[]): string[] {
  const { table } = mine;
  const there = theirs.find((each) => each.table === table);
  if (!there) return [`${other} does not name the table ${table}: start its new release`];
  if (!mine.columns || !there.columns) return [];
  const lacks = mine.columns.filter((column) => !there.columns!.includes(column));
  return lacks.length === 0
    ? []
    : [`the table ${table} on ${other} has no column ${lacks.join(', ')}: run the migration there, too`];
}
