import { careFor, type CapturedView, type TableState } from './captured.js';
import { tableProblems } from './table-problems.js';

const well: CapturedView = {
  there: true,
  captured: true,
  recorded: true,
  sameTriggers: true,
  sameColumns: true,
  broken: false,
  awaits: false,
};

it.each<[string, Partial<CapturedView>, ReturnType<typeof careFor>]>([
  ['nothing has changed', {}, null],
  [
    'the table is not there',
    { there: false, captured: false, sameTriggers: false, sameColumns: false },
    'missing',
  ],
  [
    'a release has named it',
    { captured: false, recorded: false, sameTriggers: false, sameColumns: false },
    'new',
  ],
  [
    'a release that wrote nothing down has begun it',
    { recorded: false, sameTriggers: false, sameColumns: false },
    'record',
  ],
  ['its triggers are off', { captured: false }, 'triggers'],
  ['they were off, and are on again', { sameTriggers: false }, 'triggers'],
  [
    'they were, and the database was moved',
    { broken: true, recorded: false, sameTriggers: false },
    'triggers',
  ],
  ['it was swapped, and captured by somebody', { sameTriggers: false, sameColumns: false }, 'triggers'],
  ['it has another column', { sameColumns: false }, 'columns'],
  ['the other side is to send all its rows of it', { awaits: true }, 'awaits'],
  ['so it is, and it has another column', { awaits: true, sameColumns: false }, 'columns'],
  ['so it is, and the database was moved', { awaits: true, recorded: false, sameTriggers: false }, 'record'],
])('%s', (_what, change, care) => {
  expect(careFor({ ...well, ...change })).toBe(care);
});

const table = (name: string, columns: string[] | null, gap: TableState['gap'] = null): TableState => ({
  table: name,
  columns,
  gap,
});

it.each<[string, TableState[] | undefined, TableState[] | undefined, string[]]>([
  ['alike, in another order', [table('a', ['x', 'y'])], [table('a', ['y', 'x'])], []],
  ['one of an older release', [table('a', ['x'])], undefined, []],
  ['made by a transform', [table('a', null)], [table('a', null)], []],
  [
    'a column more on the monolith',
    [table('a', ['x', 'y'])],
    [table('a', ['x'])],
    ['the table a on extracted has no column y: run the migration there, too'],
  ],
  [
    'a column more on the other side',
    [table('a', ['x'])],
    [table('a', ['x', 'y'])],
    ['the table a on monolith has no column y: run the migration there, too'],
  ],
  [
    'a table more',
    [table('a', ['x']), table('b', [])],
    [table('a', ['x'])],
    ['extracted does not name the table b: start its new release'],
  ],
  [
    'gone',
    [table('a', null, 'missing')],
    [table('a', ['x'])],
    ['the table a on monolith is not there: run its migration'],
  ],
])('tables that are %s', (_what, monolith, extracted, problems) => {
  expect(tableProblems(monolith, extracted)).toEqual(problems);
});
