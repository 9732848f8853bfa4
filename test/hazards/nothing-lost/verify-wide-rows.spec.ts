import type { Side } from '#strangler/routes/phase';
import type { ChunkControl } from '#strangler/engine/verify/chunks';
import { verifyModule } from '#strangler/engine/verify/verify';
import { openPair, writeAsCopy, type TestPair } from '../../support/verifying.js';
import { box } from '../../support/moving.js';

/*
 * Verify goes through tables in chunks, and reads the rows one by one where chunks differ. Counted in rows alone, a chunk of rows of a
 * megabyte would be ten gigabytes to read, until nobody waits for the answer any more; and 64 rows with 25 long columns are more than a
 * message carries. Either is begun again from the same place, for ever.
 */
const columns = Array.from({ length: 25 }, (_, i) => `c${i}`);
const ddl = `create schema box;
  create table box.thing (name text collate "C" primary key, ${columns.map((name) => `${name} text`).join(', ')});
  create table box.part (name text collate "C" primary key, note bytea);`;
const message = 1_048_576;

let pair: TestPair;
/** The answers of both sides, in bytes of JSON, by what was asked. */
let answers: Record<string, number[]>;

beforeAll(
  async () =>
    (pair = await openPair({ module: box, ddl: { monolith: ddl, extracted: ddl }, capture: false })),
);
beforeEach(() => (answers = {}));
afterAll(() => pair.drop());

const onBoth = async (sql: string, params: unknown[] = []) => {
  await pair.sides.monolith.query(sql, params);
  await writeAsCopy(pair.sides.extracted, sql, params);
};

/** The controls of a side, which notes how large its answers are. */
const noting = (side: Side): ChunkControl => {
  const note = <T>(method: string, answer: T): T => {
    (answers[method] ??= []).push(Buffer.byteLength(JSON.stringify(answer)));
    return answer;
  };
  const control = pair.controls[side];
  return {
    state: () => control.state(),
    inFlight: (of) => control.inFlight(of),
    resend: (of) => control.resend(of),
    chunkEnd: (of) => control.chunkEnd(of),
    chunkHash: async (of) => note('chunkHash', await control.chunkHash(of)),
    chunkRows: async (of) => note('chunkRows', await control.chunkRows(of)),
  };
};
const verify = () =>
  verifyModule({
    controls: { monolith: noting('monolith'), extracted: noting('extracted') },
    tables: pair.sides.monolith.tables,
  });

it('rows with many long columns that all differ: no answer is more than a message, and each is found', async () => {
  const values = columns.map(() => `repeat('語', 300) || $1`).join(', ');
  const fill = `insert into box.thing select 'n' || i, ${values} from generate_series(1, 100) i`;
  await pair.sides.monolith.query(fill, ['here']);
  await writeAsCopy(pair.sides.extracted, fill, ['there']);
  const { found, counts } = await verify();
  expect([found, counts.differs]).toEqual([100, 100]);
  expect(Math.max(...answers['chunkRows']!)).toBeLessThan(message);
  await onBoth('delete from box.thing');
});

it('rows that are large: a chunk ends by their bytes, however well they are compressed, and both sides agree', async () => {
  await onBoth(
    `insert into box.part select 'n' || i, convert_to(repeat('x', 2000000), 'UTF8') from generate_series(1, 20) i`,
  );
  const { rows, found } = await verify();
  expect([rows, found]).toEqual([20, 0]);
  // Of 4 MB of text each, four to a chunk; two sides.
  expect(answers['chunkHash']).toHaveLength(2 * 5);
  await onBoth('delete from box.part');
});

it('one row that alone is larger than a chunk is a chunk', async () => {
  await onBoth(
    `insert into box.part select 'n' || i, convert_to(repeat('x', 20000000), 'UTF8') from generate_series(1, 2) i`,
  );
  const { rows, found } = await verify();
  expect([rows, found]).toEqual([2, 0]);
  await onBoth('delete from box.part');
});
