import type { Boundary, Caller, TableFacts } from '../boundaries/facts.js';
import { aligned, indented, joined, line, number, type Line } from 'nestjs-strangler/cli';

/** What is known of the modules' boundaries: one paragraph each. */
export const boundaryLines = (boundaries: readonly Boundary[]): Line[] =>
  boundaries.flatMap((boundary, i) => [...(i > 0 ? [[]] : []), ...paragraph(boundary)]);

function paragraph(boundary: Boundary): Line[] {
  const { module, ownership, operations, live, cost } = boundary;
  const calls = live && `${number(live.calls)} calls, ${number(live.errors)} errors so far`;
  const head = [
    line(module, 'bold'),
    line(ownership, 'cyan'),
    line(`${operations.length} operations`),
    line(calls ?? ''),
  ];
  return [
    joined(head),
    ...indented(aligned(facts(boundary))),
    ...indented([line('to take it out', 'dim'), ...indented(cost.map((text) => line(`- ${text}`)))]),
  ];
}

function facts({ calledBy, calls, tables, crossings }: Boundary): Line[][] {
  return [
    ...rows('called by', calledBy),
    ...rows('calls', calls),
    ...(tables ? [fact('tables', line(tables.map(tableText).join(', ') || 'none'))] : []),
    ...(crossings ? [fact('crosses', crossingsLine(crossings.length))] : []),
  ];
}

const fact = (name: string, value: Line): Line[] => [line(name, 'dim'), value];

const rows = (name: string, callers: readonly Caller[]): Line[][] =>
  callers.length === 0
    ? [fact(name, line('none', 'dim'))]
    : callers.map((caller, i) =>
        fact(i === 0 ? name : '', line(`${caller.name}: ${caller.operations.join(', ')}`)),
      );

const tableText = ({ name, rows: count, bytes }: TableFacts): string =>
  `${name} (about ${number(count)} ${count === 1 ? 'row' : 'rows'}, ${number(bytes / 1_024)} kB)`;

const crossingsLine = (count: number): Line =>
  count === 0 ? line('nothing', 'green') : line(`${count} things in the database`, 'red');
