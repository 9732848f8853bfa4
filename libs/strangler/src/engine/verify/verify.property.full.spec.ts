import fc from 'fast-check';
import { box } from '../../../../../test/support/moving.js';
import { openPair, type TestPair } from '../../../../../test/support/verifying.js';
import { bucketOf } from '../../routes/bucket.js';
import { otherSide, sides, type Side } from '../../routes/phase.js';
import { describeTables } from '../../database/tables.js';
import { Chunks } from './chunks.js';
import { verifyModule } from './verify.js';

/*
 * What would go wrong: a difference that no hash shows, or one that is not there. Tables of any types are filled alike on
 * both sides, then one is corrupted. What differs is known from the tables' texts, compared here in the plainest way.
 */

/** Values of each type that are easily taken for each other. */
const values: Record<string, readonly string[]> = {
  text: ['', ' ', 'a', 'A', 'é', 'e\u0301', '\u0001', ',', '","', '()', '\\', `'`, 'NULL', '1', '漢😀'],
  numeric: ['0', '1', '1.0', '1.00', '-1', 'NaN', '1e30', 'Infinity'],
  bigint: ['0', '1', '-1', '9223372036854775807', '9223372036854775806'],
  'double precision': ['0', '-0', 'NaN', '0.1', '0.10000000000000002', 'Infinity', '1e-300'],
  boolean: ['true', 'false'],
  uuid: ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000001'],
  'timestamp with time zone': ['2026-01-01 00:00:00.000001Z', '2026-01-01 00:00:00.000002Z', 'infinity'],
  timestamp: ['2026-01-01 00:00:00', '2026-01-01 00:00:00.1', '0044-03-15 BC'],
  interval: ['1 day', '24:00:00', '1 mon', '30 days'],
  json: ['{"a":1}', '{"a": 1}', '{"a":1,"a":1}', 'null', '"a"'],
  jsonb: ['{"a":1}', '{"a":1.0}', 'null', '[]', '{}'],
  bytea: ['\\x', '\\x00', '\\x01', '\\x0000'],
  'text[]': ['{}', '{""}', '{NULL}', '{"NULL"}', '{"a,b"}', '{a,b}', '{{a},{b}}'],
  'varchar(5)': ['', 'a', 'a ', 'ab'],
  int4range: ['empty', '[1,2)', '[1,3)', '(,)'],
  'bit varying': ['', '0', '1', '00'],
};
/** Keys of each type, made of a row's number `n`. */
const keys: Record<string, string> = {
  text: `chr(33 + abs(n)::int % 90) || n`,
  'varchar(10)': `chr(33 + abs(n)::int % 90) || n`,
  bigint: `n`,
  numeric: `n / 8.0`,
  uuid: `md5(n::text)::uuid`,
  'timestamp with time zone': `timestamptz '2026-01-01Z' + n * interval '1 microsecond'`,
  bytea: `sha256(n::text::bytea)`,
  'text[]': `array[n::text, '"']`,
};

const any = fc.nat({ max: 10_000 });
const corruption = fc.oneof(
  fc.record({ how: fc.constant('set' as const), row: any, column: any, value: any }),
  fc.record({ how: fc.constant('exchange' as const), row: any, other: any, column: any }),
  fc.record({ how: fc.constant('delete' as const), row: any }),
  fc.record({ how: fc.constant('add' as const), number: fc.integer({ min: -500, max: 1_500 }) }),
);
const scenario = fc.record({
  keyType: fc.constantFrom(...Object.keys(keys)),
  keyOfTwo: fc.boolean(),
  types: fc.array(fc.constantFrom(...Object.keys(values)), { minLength: 1, maxLength: 6 }),
  rows: fc.integer({ min: 1, max: 400 }),
  corrupted: fc.constantFrom(...sides),
  corruptions: fc.array(corruption, { maxLength: 5 }),
  /** Buckets below belong to `extracted`. */
  border: fc.constantFrom(0, 4_000, 10_000),
  chunkRows: fc.integer({ min: 1, max: 500 }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;
type Corruption = Scenario['corruptions'][number];

let pair: TestPair;
beforeAll(async () => (pair = await openPair({ capture: false })));
afterAll(() => pair.drop());

it('finds exactly what differs, in tables of any types', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (what) => {
      await pair.own(what.border);
      for (const side of sides) await fill(side, what);
      for (const each of what.corruptions) await corrupt(what, each);
      const { differences, unsettled } = await verifyModule(await asking(what));
      const told = differences.map(({ pk, kind, fields }) => [...pk, kind, ...Object.keys(fields)].join(' '));
      expect({ told: told.sort(), unsettled }).toEqual({ told: await differing(what), unsettled: 0 });
    }),
    { numRuns: 60 },
  );
});

const run = <T extends object>(side: Side, sql: string, params?: unknown[]) =>
  pair.sides[side].database.query<T>(sql, params);
const columnsOf = ({ types }: Scenario): string[] => types.map((_, i) => `c${i}`);
const valueOf = (type: string, index: number): string | null =>
  index % 5 === 0 ? null : (values[type]![index % values[type]!.length] ?? null);

async function fill(side: Side, what: Scenario): Promise<void> {
  const { keyType, keyOfTwo, types, rows } = what;
  const columns = types.map((type, i) => `c${i} ${type}`).join(', ');
  await run(side, 'drop table if exists box.any');
  await run(
    side,
    `create table box.any (k ${keyType}, number bigint, ${columns}, primary key (${keyOfTwo ? 'number, k' : 'k'}))`,
  );
  await insert(side, what, [...Array(rows).keys()]);
}

/** Inserts the rows of these numbers; those that are there stay. */
async function insert(side: Side, what: Scenario, numbers: number[]): Promise<void> {
  const { keyType, types } = what;
  const columns = columnsOf(what);
  await run(
    side,
    `insert into box.any select ${keys[keyType]}, n, ${types.map((type, i) => `c${i}::${type}`).join(', ')}
     from unnest($1::bigint[], ${columns.map((_, i) => `$${i + 2}::text[]`).join(', ')}) r (n, ${columns.join(', ')})
     on conflict do nothing`,
    [numbers, ...types.map((type, i) => numbers.map((n) => valueOf(type, Math.abs(n) + i)))],
  );
}

async function corrupt(what: Scenario, corruption: Corruption): Promise<void> {
  const { corrupted: side, types, rows } = what;
  if (corruption.how === 'add') return insert(side, what, [corruption.number]);
  const row = corruption.row % rows;
  if (corruption.how === 'delete') {
    await run(side, 'delete from box.any where number = $1', [row]);
    return;
  }
  const column = corruption.column % types.length;
  const type = types[column]!;
  if (corruption.how === 'set') {
    const set = `c${column} = $2::text::${type}`;
    await run(side, `update box.any set ${set} where number = $1`, [row, valueOf(type, corruption.value)]);
    return;
  }
  await run(
    side,
    `update box.any t set c${column} = o.c${column} from box.any o
     where (t.number, o.number) in (($1::bigint, $2::bigint), ($2, $1)) and t.number <> o.number`,
    [row, corruption.other % rows],
  );
}

async function asking({ chunkRows }: Scenario) {
  const module = { ...box, tables: ['any'], routingKey: 'number' };
  const tables = await describeTables(pair.sides.monolith.database, module);
  const control = (side: Side) =>
    Object.assign(new Chunks(pair.sides[side].database, tables, 'box', side), {
      state: pair.controls[side].state,
    });
  return { controls: { monolith: control('monolith'), extracted: control('extracted') }, tables, chunkRows };
}

/** What verify has to say, worked out row by row. */
async function differing(what: Scenario): Promise<string[]> {
  const [monolith, extracted] = [await texts('monolith', what), await texts('extracted', what)];
  const told: string[] = [];
  for (const [number, { pk }] of new Map([...monolith, ...extracted])) {
    const owner = bucketOf('box', number) < what.border ? 'extracted' : 'monolith';
    const rows = { monolith: monolith.get(number), extracted: extracted.get(number) };
    const [own, copy] = [rows[owner], rows[otherSide(owner)]];
    if (!own || !copy) told.push([...pk, own ? 'missing' : 'orphan'].join(' '));
    const fields = columnsOf(what).filter((_, i) => own && copy && own.cells[i] !== copy.cells[i]);
    if (fields.length > 0) told.push([...pk, 'differs', ...fields].join(' '));
  }
  return told.sort();
}

async function texts(side: Side, what: Scenario): Promise<Map<string, { pk: string[]; cells: string[] }>> {
  const rows = await run<{ number: string; pk: string[]; cells: string[] }>(
    side,
    `select number::text, array[${what.keyOfTwo ? 'number::text, k::text' : 'k::text'}] as pk,
       array[${columnsOf(what)
         .map((column) => `coalesce('=' || ${column}::text, 'null')`)
         .join(', ')}] as cells
     from box.any`,
  );
  return new Map(rows.map(({ number, ...row }) => [number, row]));
}
