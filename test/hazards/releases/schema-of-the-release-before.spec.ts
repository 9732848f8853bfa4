import { migrate } from '#platform';
import { fixtureOf, releases } from '../../fixtures/fixture.js';
import { upgraded } from '../../fixtures/restore.js';
import { queryOnce } from '../../support/postgres.js';

/*
 *     a process of the release before              one of this release
 *                                                  starts, and upgrades the database
 *     calls strangler.…, writes its tables
 *
 * Its statements were made for the schema of before. So a migration adds to that: what was there keeps its name, its parameters and its
 * types, and a new column is nothing that an insert has to name. One that cannot do so names the lowest release (ADR 0033).
 */
const modules = ['limits', 'users', 'inventory', 'payments', 'orders'];
const before = releases().sort().at(-1) as string;
let url: string;
let drop: () => Promise<void>;
let was: Schema;
let is: Schema;

interface Schema {
  functions: string[];
  columns: string[];
  /** Columns without which no row can be inserted. */
  required: string[];
}

beforeAll(async () => {
  ({ url, drop } = await upgraded(fixtureOf(before).monolith));
  was = await schema();
  await migrate(url, modules);
  is = await schema();
});
afterAll(() => drop());

async function schema(): Promise<Schema> {
  const lines = async (sql: string) =>
    (await queryOnce<{ line: string }>(url, sql)).map(({ line }) => line).sort();
  const columns = (column: string, which: string) =>
    lines(`
      select format('%s.%s ', a.attrelid::regclass, a.attname) || ${column} as line
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relkind = 'r' and c.relnamespace::regnamespace::text = any('{strangler,${modules.join(',')}}')
        and a.attnum > 0 and not a.attisdropped and ${which}`);
  return {
    // Capture's own functions are made by the process that begins it.
    functions: await lines(`
      select format('%s(%s) returns %s', p.proname, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid)) as line
      from pg_proc p where p.pronamespace = 'strangler'::regnamespace and p.proname not like 'capture\\_%'`),
    columns: await columns('format_type(a.atttypid, a.atttypmod)', 'true'),
    required: await columns(`''`, `a.attnotnull and not a.atthasdef and a.attidentity = ''`),
  };
}

it('takes its processes', async () => {
  const [row] = await queryOnce<{ admitted: boolean }>(
    url,
    `select strangler.release_number($1) >= strangler.lowest_release() as admitted`,
    [before],
  );
  expect(row).toEqual({ admitted: true });
});

it('has every function that it calls, with the same parameters and results', () => {
  expect(was.functions.length).toBeGreaterThan(50);
  expect(was.functions.filter((each) => !is.functions.includes(each))).toEqual([]);
});

it('has every column that it reads and writes, of the same type, and none more that its inserts would have to name', () => {
  expect(was.columns.length).toBeGreaterThan(100);
  expect(was.columns.filter((each) => !is.columns.includes(each))).toEqual([]);
  const tableOf = (line: string) => line.slice(0, line.lastIndexOf('.'));
  const tables = new Set(was.columns.map(tableOf));
  const required = is.required.filter((each) => tables.has(tableOf(each)));
  expect(required.filter((each) => !was.required.includes(each))).toEqual([]);
});
