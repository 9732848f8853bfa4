import { replicas, type Replicas } from '../../support/replication.js';
import type { MovingModule } from '#strangler/database/tables';

/*
 * A value comes out on the other side a little different: a lost microsecond, a rounded number, `null` of JSON as NULL.
 */
const zoo: MovingModule = {
  module: 'zoo',
  ownership: 'by-key',
  tables: ['kinds', 'composed'],
  routingKey: 'owner',
  transforms: {},
};

const ddl = `
  create schema zoo;
  create type zoo.mood as enum ('happy', 'it''s "odd"', 'sad');
  create type zoo.point3 as (x int, label text);
  create domain zoo.short as varchar(5) check (value <> 'wrong');
  create domain zoo.document as jsonb;
  create domain zoo.letter as zoo.document check (value <> '"wrong"');
  create domain zoo.spelled as json;
  create table zoo.kinds (
    id bigint primary key, owner text not null,
    stamp timestamptz, plain timestamp, day date, clock time, big bigint, small smallint, exact numeric, money2 numeric(12, 2),
    single real, double double precision, yes boolean, words text, limited varchar(8), padded char(6),
    as_json json, as_jsonb jsonb, bytes bytea, numbers int[], texts text[], nested text[][], jsons jsonb[], span interval,
    range int4range, times tstzrange, multi nummultirange, mood zoo.mood, moods zoo.mood[], point zoo.point3, short zoo.short,
    document zoo.document, letter zoo.letter, spelled zoo.spelled, letters zoo.letter[],
    address inet, net cidr, bits bit varying, doc xml, search tsvector, place point,
    twice bigint generated always as (big / 2) stored
  );
  create table zoo.composed (a text, b timestamptz, c numeric, owner text not null, v text, primary key (a, b, c));
`;

/** Each column with values that are known to get lost somewhere. */
const values: Record<string, string[]> = {
  stamp: ['2024-02-29 23:59:59.123456+00', 'infinity', '-infinity', '0044-03-15 12:00:00+00 BC'],
  plain: ['1999-12-31 23:59:59.999999', 'infinity'],
  day: ['2024-02-29', '4713-01-01 BC', 'infinity'],
  clock: ['23:59:59.999999', '24:00:00'],
  big: ['9223372036854775807', '-9223372036854775808', '9007199254740993'],
  small: ['-32768'],
  exact: [
    'NaN',
    'Infinity',
    '0.000000000000000000000000000000000001',
    '123456789012345678901234567890.10',
    '1.50',
    '1e400',
  ],
  money2: ['-0.01', '9999999999.99'],
  single: ['0.1', 'NaN', '-0', '3.4028235e38'],
  double: ['0.1', '1e-307', '-Infinity', '0.30000000000000004'],
  yes: ['true', 'false'],
  words: [
    '',
    ' ',
    'NULL',
    'null',
    `it's "quoted" \\ back\\\\slash \\n`,
    'tab\tnew\nline\r',
    'żółw 🐢 \u2028 \u0001',
    '{"a":1}',
    '[]',
  ],
  limited: ['12345678', ''],
  padded: ['ab', ''],
  as_json: [
    '{ "a" :  1.50,\n "a": null }',
    'null',
    '"x"',
    '"\\u0041\\/"',
    '[ ]',
    '12.0',
    '"quoted \\" and \\\\ "',
  ],
  as_jsonb: ['{"b": [1, 2.50, null], "a": "\\u00e9"}', 'null', '"text"', '1e2'],
  bytes: ['\\x00ff5c', '\\x'],
  numbers: ['{1,NULL,-3}', '{}', '[5:6]={1,2}'],
  texts: [`{"a,b","\\"q\\"",NULL,"NULL","","\\\\"}`],
  nested: ['{{a,b},{c,d}}'],
  jsons: [`{"null","{\\"a\\": 1}",NULL}`],
  span: ['1 year -2 mons +3 days 04:05:06.789012', '-00:00:00.000001'],
  range: ['[1,5)', 'empty', '(,)'],
  times: ['["2024-01-01 00:00:00.000001+00",infinity)'],
  multi: ['{[1.5,2.50),(3,)}', '{}'],
  mood: [`it's "odd"`],
  moods: [`{happy,"it's \\"odd\\"",NULL}`],
  point: [`(1,"a, ""b""")`, '(,)'],
  short: ['right'],
  document: ['{"b": [1, 2.50, null]}', 'null', '"text"'],
  letter: ['{"a": 1}'],
  spelled: ['{ "a" :  1.50 }', 'null'],
  letters: [`{"{\\"a\\": 1}",NULL}`],
  address: ['10.0.0.1', '::1/64'],
  net: ['10.0.0.0/8'],
  bits: ['10101', ''],
  doc: ['<a b="c">&amp;</a>'],
  search: [`'a':1A 'it''s':2`],
  place: ['(0.1,-1e-10)'],
};

let both: Replicas;
beforeAll(async () => {
  both = await replicas(zoo, ddl);
});
afterEach(() => both.reset());
afterAll(() => both.close());

/** One row a value, all other columns NULL. */
async function insertAll(): Promise<number> {
  let id = 0;
  for (const [column, texts] of Object.entries(values)) {
    for (const text of texts) {
      await both.monolith.database.query(`insert into zoo.kinds (id, owner, ${column}) values ($1, $2, $3)`, [
        ++id,
        `o\\${text.slice(0, 5)}`,
        text,
      ]);
    }
  }
  return id;
}

const same = async (count: number) => {
  const rows = await both.extracted.rows('kinds');
  expect(rows).toEqual(await both.monolith.rows('kinds'));
  expect(rows).toHaveLength(count);
};

it('as changes, and overwritten with NULL again', async () => {
  both.relay();
  const count = await insertAll();
  await both.drained();
  expect(await both.monolith.outgoing.parked()).toEqual([]);
  await same(count);
  const columns = Object.keys(values).map((column) => `${column} = null`);
  await both.monolith.database.query(`update zoo.kinds set ${columns.join(', ')}`);
  await both.drained();
  await same(count);
});

it('as chunks of a backfill', async () => {
  const count = await insertAll();
  await both.monolith.database.query('delete from strangler.outbox');
  await both.backfill();
  both.relay({ batchRows: 7 });
  await both.drained();
  await same(count);
});

it('keys of several columns with odd values: changed, deleted, copied in order', async () => {
  const add = (a: string, b: string, c: string) =>
    both.monolith.database.query('insert into zoo.composed values ($1, $2, $3, $1, $1)', [a, b, c]);
  const odd = ['Z', 'a', 'ä', `q'"\\`, '', ' ', '{x,"y"}', 'NULL'];
  for (const a of odd) for (const c of ['1', '1.5', '-3']) await add(a, '2024-02-29 23:59:59.123456+00', c);
  await both.monolith.database.query('delete from strangler.outbox');
  await both.backfill();
  both.relay({ batchRows: 3 });
  await both.drained();
  expect(await both.extracted.rows('composed')).toEqual(await both.monolith.rows('composed'));
  await both.monolith.database.query('delete from zoo.composed where c = 1.5');
  await both.monolith.database.query(`update zoo.composed set v = 'new' where c = 1`);
  await both.drained();
  const rows = await both.extracted.rows('composed');
  expect(rows).toEqual(await both.monolith.rows('composed'));
  expect(rows).toHaveLength(odd.length * 2);
});
