import type { AssessedModule, Assessment, Obstacle, LeftOut } from '../../assess/assessment.js';
import { joined, line, type Line, type Style } from './line.js';
import { aligned, indented, table } from './table.js';

/** What is known of an application's modules: a table, a paragraph for each, the order to go in, what was left out. */
export function assessmentLines({ files, modules, order, leftOut }: Assessment): Line[] {
  if (modules.length === 0)
    return [
      line(`no module in ${files} files: neither a Nest module nor an entity`),
      ...leftOutLines(leftOut),
    ];
  const turns = order.map(({ module, points, why }, i) => [
    line(`${i + 1}.`, 'dim'),
    line(module, 'bold'),
    line(pointsText(points)),
    line(why),
  ]);
  return [
    ...table(
      [
        { title: 'module' },
        { title: 'tables', align: 'right' },
        { title: 'ids' },
        { title: 'ownership' },
        callers,
        { title: 'effort' },
      ],
      modules.map(row),
    ),
    ...modules.flatMap((module) => [[], ...paragraph(module)]),
    ...(turns.length > 0 ? [[], line('order to go in', 'bold'), ...indented(aligned(turns))] : []),
    ...leftOutLines(leftOut),
  ];
}

const callers = { title: 'callers', align: 'right' } as const;

const row = ({ name, tables, ownership, callers: count, effort }: AssessedModule): Line[] => [
  line(name, 'bold'),
  line(`${tables.length}`),
  line([...new Set(tables.filter(({ entity }) => entity !== null).map(({ ids }) => ids))].join(', ')),
  line(ownership.fits === 'none' ? '' : ownership.fits, 'cyan'),
  line(`${count}`),
  line(effort.size, colours[effort.size]),
];

const colours: Record<AssessedModule['effort']['size'], Style> = {
  S: 'green',
  M: 'cyan',
  L: 'yellow',
  XL: 'red',
};

function paragraph({ name, folder, tables, ownership, obstacles, effort }: AssessedModule): Line[] {
  const blocking = obstacles.filter(({ blocks }) => blocks);
  const head = [
    line(name, 'bold'),
    line(`${effort.size}, ${pointsText(effort.points)}`, colours[effort.size]),
    line(folder, 'dim'),
  ];
  const named = tables.map((one) =>
    line(`${one.name} (${one.entity === null ? 'no entity' : one.ids})  ${place(one.at)}`),
  );
  return [
    joined(head),
    ...indented([
      ...named.map((text, i) => joined([line(i === 0 ? 'tables    ' : '          ', 'dim'), text], '')),
      ...ownershipLines(ownership),
      ...verdict(tables.length, blocking),
      ...indented(aligned(obstacles.map(obstacleCells))),
    ]),
  ];
}

function ownershipLines({ fits, why, byKeyIf }: AssessedModule['ownership']): Line[] {
  if (fits === 'none') return [];
  const head = joined([line('ownership ', 'dim'), line(fits, 'cyan')], '');
  const set = (text: string) => line(`          ${text}`);
  const ifs = byKeyIf === null ? [] : [set(`by key if ${byKeyIf.join('; ')}`)];
  return [head, ...why.map((reason) => set(`because ${reason}`)), ...ifs];
}

function verdict(tables: number, blocking: readonly Obstacle[]): Line[] {
  if (tables === 0) return [line('has no tables: nothing of it has to move')];
  if (blocking.length === 0) return [line('can leave: nothing has to be undone first', 'green')];
  return [line(`cannot leave yet: ${blocking.length} of these have to be undone first (!)`, 'yellow')];
}

const obstacleCells = ({ kind, text, blocks, at }: Obstacle): Line[] => [
  joined([line(blocks ? '!' : '-', blocks ? 'yellow' : 'dim'), line(kind)], ' '),
  joined([line(text), line(placesText(at), 'dim')], ' '),
];

function placesText(at: Obstacle['at']): string {
  const [first, ...more] = at.map(place);
  if (first === undefined) return '';
  return more.length > 2
    ? `(${first}, ${more[0]}, and ${more.length - 1} more)`
    : `(${[first, ...more].join(', ')})`;
}

function leftOutLines(leftOut: readonly LeftOut[]): Line[] {
  if (leftOut.length === 0) return [[], line('left out: nothing', 'dim')];
  const rows = leftOut.map(({ file, line: at, why }) =>
    line(`${at === null ? file : place({ file, line: at })}: ${why}`),
  );
  return [[], line('left out', 'bold'), ...indented(rows)];
}

const place = ({ file, line: at }: { file: string; line: number }): string => `${file}:${at}`;
const pointsText = (points: number): string => (points === 1 ? '1 point' : `${points} points`);
