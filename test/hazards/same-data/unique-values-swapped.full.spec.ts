import { replicas, type Replicas } from '../../support/replication.js';

/*
 * Two rows exchange a unique value, over a third one. The owner never saw both with one value; a copy that stores row by
 * row does.
 */
let both: Replicas;
beforeAll(async () => {
  both = await replicas();
});
afterEach(() => both.reset());
afterAll(() => both.close());

const id = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const name = (n: number, to: string) =>
  both.monolith.database.query(
    `insert into fruit.label values ($1, 'anna', $2) on conflict (id) do update set name = excluded.name`,
    [id(n), to],
  );
const swap = async (a: number, b: number) => {
  const [one] = await both.monolith.database.query<{ name: string }>(
    'select name from fruit.label where id = $1',
    [id(a)],
  );
  const [two] = await both.monolith.database.query<{ name: string }>(
    'select name from fruit.label where id = $1',
    [id(b)],
  );
  await name(a, 'aside');
  await name(b, one!.name);
  await name(a, two!.name);
};
const same = async () => {
  expect(await both.extracted.rows('label')).toEqual(await both.monolith.rows('label'));
  expect(await both.monolith.outgoing.parked()).toEqual([]);
};

it('in one batch', async () => {
  const first = both.relay();
  await name(1, 'A');
  await name(2, 'B');
  await both.drained();
  await first.stop();
  await swap(1, 2);
  both.relay();
  await both.drained();
  await same();
});

it('with batches of one row, and other rows between', async () => {
  const first = both.relay();
  for (let n = 1; n <= 20; n++) await name(n, `N${n}`);
  await both.drained();
  await first.stop();
  for (let n = 1; n <= 10; n++) await swap(n, 21 - n);
  both.relay({ batchRows: 1 });
  await both.drained();
  await same();
});

it('a name that a ghost holds in the copy is taken from it', async () => {
  await both.extracted.database.transaction(async (q) => {
    await q.query(`select set_config('strangler.applying', 'fruit', true)`);
    await q.query(`insert into fruit.label values ($1, 'anna', 'A')`, [id(99)]);
  });
  both.relay();
  await name(1, 'a');
  await both.drained();
  await same();
});

it('a unique index that came since the last conflict is known', async () => {
  const ghost = (n: number, to: string) =>
    both.extracted.database.transaction(async (q) => {
      await q.query(`select set_config('strangler.applying', 'fruit', true)`);
      await q.query(`insert into fruit.label values ($1, 'anna', $2)`, [id(n), to]);
    });
  both.relay();
  await ghost(98, 'A');
  await name(1, 'a');
  await both.drained();
  for (const { database } of [both.monolith, both.extracted])
    await database.query('create unique index first_letter on fruit.label (left(name, 1))');
  await ghost(99, 'Zoe');
  await name(2, 'Zack');
  await both.drained();
  for (const { database } of [both.monolith, both.extracted])
    await database.query('drop index fruit.first_letter');
  await same();
});

it('a deleted row frees its name for another one in the same batch', async () => {
  const first = both.relay();
  await name(1, 'A');
  await both.drained();
  await first.stop();
  await both.monolith.database.query('delete from fruit.label');
  await name(2, 'A');
  both.relay();
  await both.drained();
  await same();
});

/*
 * The same, where what is unique is not the text that was sent, but what the table makes of it.
 */
describe('unique is', () => {
  const kinds: Record<string, { type: string; value: string | null; unique: string; more?: string }> = {
    jsonb: { type: 'jsonb', value: '{"code": "A", "of": [1, null]}', unique: '(value)' },
    json: { type: 'json', value: '{"code": "A"}', unique: "((value->>'code'))" },
    domain: { type: 'tag.document', value: '{"code": "A"}', unique: "((value->>'code'))" },
    list: { type: 'int[]', value: '{1,NULL,3}', unique: '(value)' },
    documents: { type: 'jsonb[]', value: '{"{\\"a\\": 1}",NULL}', unique: '(value)' },
    composite: { type: 'tag.pair', value: '(1,"a, ""b""")', unique: '(value)' },
    generated: {
      ...{ type: 'text', value: 'A', unique: '(short)' },
      more: ', short text generated always as (lower(value)) stored',
    },
    nothing: { type: 'text', value: null, unique: '(value) nulls not distinct' },
  };
  const tables = Object.keys(kinds);
  const ddl = Object.entries(kinds).map(
    ([kind, { type, unique, more = '' }]) => `
      create table tag.${kind} (id int primary key, owner text not null, value ${type}${more});
      create unique index on tag.${kind} ${unique};`,
  );
  let tags: Replicas;
  beforeAll(async () => {
    tags = await replicas(
      { module: 'tag', ownership: 'by-key', tables, routingKey: 'owner', transforms: {} },
      `create schema tag; create type tag.pair as (x int, label text);
       create domain tag.document as jsonb check (jsonb_typeof(value) = 'object'); ${ddl.join('')}`,
    );
  });
  afterEach(() => tags.reset());
  afterAll(() => tags.close());

  it.each(Object.entries(kinds))('%s: a ghost in the copy gives way', async (kind, { type, value }) => {
    const put = `insert into tag.${kind} values ($1, 'anna', $2::text::${type})`;
    await tags.extracted.database.transaction(async (q) => {
      await q.query(`select set_config('strangler.applying', 'tag', true)`);
      await q.query(put, [99, value]);
    });
    await tags.monolith.database.query(put, [1, value]);
    tags.relay();
    await tags.drained();
    expect(await tags.monolith.outgoing.parked()).toEqual([]);
    expect(await tags.extracted.rows(kind)).toEqual(await tags.monolith.rows(kind));
  });
});
