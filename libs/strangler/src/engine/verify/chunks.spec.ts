import { openPair, writeAsCopy, type TestPair } from '../../../../../test/support/verifying.js';
import { bucketOf } from '../../routes/bucket.js';

/* One side's part of verify, on real PostgreSQL. */
let pair: TestPair;
beforeAll(async () => (pair = await openPair()));
beforeEach(async () => {
  await pair.own(0);
  for (const [side, { query, ...rest }] of Object.entries(pair.sides)) {
    const sql = 'delete from box.thing';
    await (side === 'monolith' ? query(sql) : writeAsCopy({ query, ...rest }, sql));
    await query('truncate strangler.outbox');
  }
});
afterAll(() => pair.drop());

const insert = (...names: string[]) =>
  pair.sides.monolith.query('insert into box.thing select unnest($1::text[])', [names]);
const hashOf = (range: { after?: string[] | null; upTo?: string[] | null } = {}) =>
  pair.controls.monolith.chunkHash({ table: 'thing', after: null, upTo: null, as: 'monolith', ...range });

describe('where a chunk ends', () => {
  const end = (after: string[] | null, rows: number, upTo: string[] | null = null) =>
    pair.controls.monolith.chunkEnd({ table: 'thing', after, upTo, rows });

  it('is counted in rows, in the order of their bytes', async () => {
    await insert('b', 'B', 'é', 'a', '', 'Z');
    expect(await end(null, 1)).toEqual(['']);
    expect(await end([''], 2)).toEqual(['Z']);
    expect(await end(['Z'], 100)).toEqual(['é']);
    expect(await end(['é'], 100)).toBeNull();
    expect(await end([''], 100, ['a'])).toEqual(['a']);
  });

  it('follows a key of several columns', async () => {
    await insert('a', 'b');
    await pair.sides.monolith.query(`insert into box.part values ('a', 10), ('a', 9), ('b', 1)`);
    const ends = (after: string[] | null, rows: number) =>
      pair.controls.monolith.chunkEnd({ table: 'part', after, rows });
    expect(await ends(null, 1)).toEqual(['a', '9']);
    expect(await ends(['a', '9'], 2)).toEqual(['b', '1']);
  });
});

describe('the hash of a chunk', () => {
  it('of no rows is one too', async () => {
    expect(await hashOf()).toEqual({ rows: 0, hash: '0/0' });
  });

  it('adds up, whatever the borders', async () => {
    await insert('a', 'b', 'c');
    const whole = await hashOf();
    expect(whole.rows).toBe(3);
    expect(await hashOf({ upTo: ['c'] })).toEqual(whole);
    expect((await hashOf({ after: ['a'], upTo: ['b'] })).rows).toBe(1);
  });

  it.each([
    ['two rows that exchange a value', `count = case name when 'a' then 2 else 1 end`],
    ['null instead of an empty text', `note = null where name = 'a'`],
    ['a value that moves to another column', `note = count, count = 0 where name = 'a'`],
  ])('shows %s', async (_what, set) => {
    await pair.sides.monolith.query(`insert into box.thing values ('a', 1, ''), ('b', 2, '')`);
    const before = await hashOf();
    await pair.sides.monolith.query(`update box.thing set ${set}`);
    const [one, other] = [before, await hashOf()].map(({ hash }) => hash.split('/'));
    // Each of the two sums shows it.
    expect(one!.filter((sum, i) => sum === other![i])).toEqual([]);
  });
});

describe('rows one by one', () => {
  it('carry key, bucket and a version that changes with every write', async () => {
    await pair.sides.monolith.query(`insert into box.thing values ('a', 1, null)`);
    const read = () =>
      pair.controls.monolith.chunkRows({ table: 'thing', after: null, upTo: null, as: 'monolith' });
    const [row] = await read();
    const fields = { name: 'a', count: '1', note: null };
    expect(row).toMatchObject({ pk: ['a'], key: 'a', bucket: bucketOf('box', 'a'), fields });
    expect((await read())[0]?.version).toBe(row?.version);
    await pair.sides.monolith.query('update box.thing set count = count');
    expect((await read())[0]?.version).not.toBe(row?.version);
  });

  it('cut long texts without losing a difference', async () => {
    const note = 'x'.repeat(100_000);
    await insert('a');
    const read = async (text: string) => {
      await pair.sides.monolith.query('update box.thing set note = $1', [text]);
      const range = { table: 'thing', after: null, upTo: null, as: 'monolith' } as const;
      return (await pair.controls.monolith.chunkRows(range))[0]?.fields.note;
    };
    const [one, other] = [await read(`${note}y`), await read(`${note}z`)];
    expect(one?.length).toBeLessThan(400);
    expect(one).not.toBe(other);
  });
});

describe('the outbox', () => {
  it('tells which of the rows are in it', async () => {
    await insert('a', 'b,"{', 'c');
    await pair.sides.monolith.query(
      `select strangler.detach_changes('box', array(select id from strangler.outbox_changes where key = 'a'), false)`,
    );
    const pks = [['a'], ['b,"{'], ['none']];
    expect(await pair.controls.monolith.inFlight({ table: 'thing', pks })).toEqual([['b,"{']]);
    expect(await pair.controls.monolith.inFlight({ table: 'part', pks })).toEqual([]);
  });

  it('takes rows once more, and wakes a relay that sleeps', async () => {
    const relay = await pair.sides.monolith.database.session();
    const heard = new Promise((resolve) => relay.once('notification', resolve));
    await relay.query('listen strangler_outbox');
    const rows = [{ pk: ['a'], key: 'a' }];
    expect(await pair.controls.monolith.resend({ table: 'thing', rows })).toBe(1);
    expect(await heard).toMatchObject({ payload: 'box' });
    await relay.end();
    expect(
      await pair.sides.monolith.query('select module, table_name, pk, key from strangler.outbox_changes'),
    ).toEqual([{ module: 'box', table_name: 'thing', pk: ['a'], key: 'a' }]);
  });

  it('takes no row of a bucket that is not owned here: its receiver would refuse it for ever', async () => {
    await pair.own(bucketOf('box', 'a') + 1);
    const rows = [{ pk: ['a'], key: 'a' }];
    expect(await pair.controls.monolith.resend({ table: 'thing', rows })).toBe(0);
    expect(await pair.controls.extracted.resend({ table: 'thing', rows })).toBe(1);
  });
});
