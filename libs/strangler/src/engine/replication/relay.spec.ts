import { replicas, type Replicas } from '../../../../../test/support/replication.js';
import { until } from '../../../../../test/support/until.js';

let both: Replicas;
beforeAll(async () => {
  both = await replicas();
});
afterEach(() => both.reset());
afterAll(() => both.close());

const put = (id: number, content: string) =>
  both.monolith.database.query(
    `insert into fruit.basket values ($1, 'anna', $2, 1) on conflict (id) do update set content = excluded.content`,
    [id, content],
  );

it('carries inserts, updates and deletes', async () => {
  both.relay();
  await put(1, 'apples');
  await put(2, 'pears');
  await both.drained();
  await put(1, 'plums');
  await both.monolith.database.query('delete from fruit.basket where id = 2');
  await both.drained();
  expect(await both.extracted.rows('basket')).toEqual(['(1,anna,plums,1)']);
});

it('parks the changes of a table that the module names no more, and carries on', async () => {
  await both.monolith.database.query(
    `insert into strangler.outbox (module, table_name, pks, keys, count, low, high)
     values ('fruit', 'bowl', array['{1}', '{2}'], '{anna,bert}', 2, 0, 9999)`,
  );
  both.relay();
  await until('it is parked', async () => {
    const [row] = await both.monolith.outgoing.parked();
    return row?.reason.includes('no table bowl any more') ? true : undefined;
  });
  await put(1, 'apples');
  await until('the other one is there', async () =>
    (await both.extracted.rows('basket')).length === 1 ? true : undefined,
  );
});

it('copies what was there before, chunk by chunk, and says how far it is', async () => {
  await both.monolith.database.query(
    `insert into fruit.basket select i, 'owner ' || i, 'x', i from generate_series(1, 1234) i`,
  );
  await both.monolith.database.query('truncate strangler.outbox');
  await both.backfill();
  both.relay({ batchRows: 100 });
  await both.drained();
  expect(await both.extracted.rows('basket')).toEqual(await both.monolith.rows('basket'));
  const { backfill } = await both.monolith.outgoing.outgoing();
  expect(backfill).toMatchObject([
    { table: 'basket', copied: 1234, total: 1234, done: true },
    { table: 'label', copied: 0, total: 0, done: true },
  ]);
});

it('beats when there is nothing to send, so that the copy knows that it is fresh', async () => {
  both.relay({ heartbeatMs: 20 });
  const seqOf = async () => (await both.extracted.outgoing.incoming()).seq;
  await until('some empty batches', async () => ((await seqOf()) > 3 ? true : undefined));
  expect((await both.extracted.outgoing.incoming()).ageMs).not.toBeNull();
});

it.each(['hello first', 'foreign'] as const)(
  'has its side say hello when the other one answers "%s": it may be put back, even from before the pairing',
  async (outcome) => {
    let asked = 0;
    const prove = () => Promise.resolve(++asked > 0);
    both.relay({ send: () => Promise.resolve({ outcome, reason: 'it was put back' }), prove });
    await until('it has asked', () => asked > 0 || undefined);
    expect(asked).toBeGreaterThan(0);
  },
);
