import { replicas, type Replicas } from '../../support/replication.js';
import { until } from '../../support/until.js';

/*
 * One row in a batch can never be stored on the other side. It is set aside and told of; all others go on.
 */
let both: Replicas;
beforeAll(async () => {
  both = await replicas();
  // Stricter than the owner: what the owner takes, this table refuses.
  await both.extracted.test.query('alter table fruit.basket add constraint light check (weight < 1000)');
});
afterEach(() => both.reset());
afterAll(() => both.close());

const owner = () => both.monolith.database;
const fill = (from: number, to: number, weight = 1) =>
  owner().query(
    `insert into fruit.basket select i, 'owner ' || i, 'x', $3 from generate_series($1::int, $2::int) i`,
    [from, to, weight],
  );
const heavy = (id: number, weight = 5_000) =>
  owner().query(`insert into fruit.basket values ($1, 'anna', 'heavy', $2)`, [id, weight]);

it('is parked with the reason; the others of its batch flow, and so does what comes later', async () => {
  await fill(1, 100);
  await heavy(1_000);
  await fill(101, 200);
  both.relay({ batchRows: 64 });
  await both.drained();
  await fill(201, 210);
  await both.drained();
  expect(await both.extracted.rows('basket')).toHaveLength(210);
  expect(await both.monolith.outgoing.parked()).toEqual([
    {
      id: expect.any(Number),
      table: 'basket',
      pk: ['1000'],
      key: 'anna',
      reason: expect.stringContaining('light'),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    },
  ]);
});

it('a newer change of the row takes the parked one along', async () => {
  both.relay();
  await heavy(1);
  await until('it is parked', async () =>
    (await both.monolith.outgoing.parked()).length > 0 ? true : undefined,
  );
  await owner().query('update fruit.basket set weight = 2 where id = 1');
  await both.drained();
  expect(await both.monolith.outgoing.parked()).toEqual([]);
  expect(await both.extracted.rows('basket')).toEqual(['(1,anna,heavy,2)']);
});

it('two newer changes, each in a batch of its own, of which the second is read while the first is on its way: one takes it along', async () => {
  const doubt = jest.fn(() => Promise.resolve(false));
  both.relay({ batchRows: 1, doubt });
  await heavy(1);
  await until('it is parked', async () =>
    (await both.monolith.outgoing.parked()).length > 0 ? true : undefined,
  );
  await owner().transaction(async (q) => {
    for (const weight of [2, 3]) await q.query('update fruit.basket set weight = $1 where id = 1', [weight]);
  });
  await both.drained();
  expect(await both.monolith.outgoing.parked()).toEqual([]);
  expect(await both.extracted.rows('basket')).toEqual(['(1,anna,heavy,3)']);
  // Else the second batch asks for a change that the first one had taken away, and the database is taken for one that was put back.
  expect(doubt).not.toHaveBeenCalled();
});

it('changed again, and still not to be stored: it takes the place of its former self at once', async () => {
  const parkedIds = async () => (await both.monolith.outgoing.parked()).map(({ id }) => id);
  // After each change of the outbox: what anybody could see from now on.
  await both.monolith.test.query(`
    create table seen (parked int);
    create function look() returns trigger language plpgsql as $$
      begin insert into seen select count(*) from strangler.outbox where parked is not null; return null; end $$;
    create trigger look after update or delete on strangler.outbox for each statement execute function look();`);
  both.relay();
  await heavy(1);
  const first = await until('it is parked', async () => (await parkedIds())[0]);
  await owner().query('update fruit.basket set weight = 6000 where id = 1');
  await until('the newer one is parked', async () =>
    (await parkedIds()).some((id) => id > first) ? true : undefined,
  );
  const [most] = await both.monolith.test.query('select max(parked) as parked from seen');
  expect(most).toEqual({ parked: 1 });
  await both.monolith.test.query(
    'drop trigger look on strangler.outbox; drop function look; drop table seen',
  );
});

it('many of them are all found', async () => {
  for (let id = 0; id < 5; id++) {
    await fill(id * 100, id * 100 + 30);
    await heavy(id * 100 + 50);
  }
  both.relay({ batchRows: 100 });
  await both.drained();
  expect(await both.monolith.outgoing.parked()).toHaveLength(5);
  expect(await both.extracted.rows('basket')).toHaveLength(155);
});

it('in a chunk: parked, and the backfill ends, also beside writers', async () => {
  await fill(1, 100);
  await heavy(50_000);
  await owner().query('delete from strangler.outbox');
  await both.backfill();
  await fill(101, 140);
  both.relay({ batchRows: 60 });
  await both.drained();
  expect((await both.monolith.outgoing.parked()).map(({ pk }) => pk)).toEqual([['50000']]);
  expect(await both.extracted.rows('basket')).toHaveLength(140);
});

it('while the copy is filled anew: it keeps the row as it was, for nobody has deleted it', async () => {
  await fill(1, 30);
  both.relay({ batchRows: 20 });
  await both.drained();
  await owner().query('update fruit.basket set weight = 6000 where id = 7');
  await owner().query(`update fruit.basket set content = repeat('x', 60000000) where id = 30`);
  await until('they are parked', async () =>
    (await both.monolith.outgoing.parked()).length === 2 ? true : undefined,
  );
  // On the copy alone: a ghost.
  await both.extracted.test.query(
    `begin; set local strangler.applying = 'fruit'; insert into fruit.basket values (8000, 'anna', 'ghost', 1); commit`,
  );
  await both.backfill();
  await both.drained();
  const rows = await both.extracted.rows('basket');
  expect(rows).toHaveLength(30);
  expect(rows).toEqual(expect.arrayContaining(['(7,"owner 7",x,1)', '(30,"owner 30",x,1)']));
});

it('too large for all pieces: parked with its size, in the outbox and in a chunk', async () => {
  const large = (id: number) =>
    owner().query(`insert into fruit.basket values ($1, 'anna', repeat('x', 4000000), 1)`, [id]);
  await large(1);
  await owner().query('delete from strangler.outbox');
  await both.backfill();
  await large(2);
  await fill(10, 30);
  both.relay({ maxPayload: () => 65_536 });
  await both.drained();
  const parked = await both.monolith.outgoing.parked();
  expect(parked.map(({ pk }) => pk).sort()).toEqual([['1'], ['2']]);
  expect(parked[0]!.reason).toMatch(
    /^row of 4000\d{3} bytes, of which at most 31\d{5} go over: make it smaller/,
  );
  expect(await both.extracted.rows('basket')).toHaveLength(21);
});

it('is sent again on request, or forgotten', async () => {
  both.relay();
  await heavy(1);
  await heavy(2);
  const parked = await until('both are parked', async () => {
    const rows = await both.monolith.outgoing.parked();
    return rows.length === 2 ? rows : undefined;
  });
  await both.extracted.test.query('alter table fruit.basket drop constraint light');
  expect(await both.monolith.outgoing.unpark({ ids: [parked[0]!.id], how: 'retry' })).toBe(1);
  expect(await both.monolith.outgoing.unpark({ ids: [parked[1]!.id], how: 'discard' })).toBe(1);
  await both.drained();
  expect(await both.extracted.rows('basket')).toEqual(['(1,anna,heavy,5000)']);
  expect((await both.monolith.outgoing.outgoing()).parked).toBe(0);
  await both.extracted.test.query(
    'alter table fruit.basket add constraint light check (weight < 1000) not valid',
  );
});

it('a bucket that is owned there is refused, retried and never parked', async () => {
  // As between a hand-off's "own" and the sender's hearing of it: at a later epoch.
  await both.extracted.database.query(
    'update strangler.ownership set extracted_below = 10000, epoch = epoch + 1',
  );
  both.relay();
  await fill(1, 3);
  await until('the module is degraded, with the reason', async () => {
    const { reason } = await both.monolith.outgoing.outgoing();
    return reason?.includes('strangler_owned_here') ? true : undefined;
  });
  await both.extracted.database.query(
    'update strangler.ownership set extracted_below = 0, epoch = epoch - 1',
  );
  await both.drained();
  expect((await both.monolith.outgoing.outgoing()).parked).toBe(0);
  expect(await both.extracted.rows('basket')).toHaveLength(3);
});
