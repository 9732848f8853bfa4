import fc from 'fast-check';
import { bucketOf } from '#strangler/routes/bucket';
import { decodeFrame } from '#strangler/engine/replication/frame';
import { changesIn } from '#strangler/engine/replication/changes';
import { freshCopyMs } from '#strangler/engine/replication/degraded';
import { heldSend, replicas, type Replicas } from '../../support/replication.js';
import { until } from '../../support/until.js';
import { written } from '../../support/written.js';

/*
 * One row of the outbox holds all changes of a statement. It goes over in parts where it is too much for a batch, where one of its
 * rows cannot be stored, and where the changes of some of its keys are done with newer ones. Lost would be what is deleted with
 * the row and was not sent; out of order, what comes after newer changes of the same key; acknowledged too early, a part for the
 * whole; and a fence would be drained too early, or never.
 */
let both: Replicas;

beforeAll(async () => (both = await replicas()));
afterEach(() => both.reset());
afterAll(() => both.close());

const owner = () => both.monolith.database;
const fill = (from: number, to: number) =>
  owner().query(
    `insert into fruit.basket select i, 'owner ' || i, 'x', 1 from generate_series($1::int, $2) i`,
    [from, to],
  );
const rows = () =>
  owner().query<{ id: number; count: number }>(
    'select id::float8 as id, count from strangler.outbox order by id',
  );
const changes = () =>
  owner().query<{ id: number; pk: string[] }>(
    'select id::float8 as id, pk from strangler.outbox_changes order by id',
  );
const detach = (ids: readonly number[], alone: boolean) =>
  owner().query(`select strangler.detach_changes('fruit', $1, $2)`, [ids, alone]);

it('a statement is one row, and one of thousands a row for each thousand; none shares a number', async () => {
  await fill(1, 3);
  await fill(10_001, 12_500);
  await owner().query(`update fruit.basket set content = 'y' where id = 2`);
  const counts = await rows();
  expect(counts.map(({ count }) => count)).toEqual([3, 1000, 1000, 500, 1]);
  expect(counts.every(({ id }) => id % 1000 === 0)).toBe(true);
  const all = await changes();
  expect(all.map(({ pk }) => Number(pk[0]))).toEqual([
    ...[1, 2, 3],
    ...Array.from({ length: 2_500 }, (_, place) => 10_001 + place),
    2,
  ]);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

it('what is taken out of rows leaves the others as they were, where they were', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
      fc.array(fc.record({ places: fc.array(fc.nat(27), { maxLength: 8 }), alone: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      }),
      async (statements, steps) => {
        await both.reset();
        let next = 1;
        for (const size of statements) await fill(next, (next += size) - 1);
        let expected = await changes();
        const named = expected;
        for (const { places, alone } of steps) {
          const ids = places.flatMap((place) => named[place]?.id ?? []);
          await detach(ids, alone);
          if (!alone) expected = expected.filter(({ id }) => !ids.includes(id));
          expect(await changes()).toEqual(expected);
          const now = await rows();
          const inRows = now.reduce((sum, { count }) => sum + count, 0);
          expect(inRows).toBe(expected.length);
          const single = now.flatMap(({ id, count }) => (count === 1 ? [id] : []));
          if (alone)
            expect(single).toEqual(
              expect.arrayContaining(ids.filter((id) => expected.some((e) => e.id === id))),
            );
        }
      },
    ),
    { numRuns: 12 },
  );
});

it('larger than a batch, and changed again meanwhile: all of it is there, as it is now', async () => {
  await fill(1, 2_500);
  await owner().query(`update fruit.basket set content = 'newer' where id % 7 = 0`);
  await owner().query('delete from fruit.basket where id % 11 = 0');
  both.relay({ batchRows: 100 });
  await owner().query(`update fruit.basket set content = 'newest' where id % 13 = 0`);
  await both.drained();
  expect(await both.extracted.rows('basket')).toEqual(await both.monolith.rows('basket'));
  expect(await rows()).toEqual([]);
});

it('a part of it is stored: its writer waits for the whole', async () => {
  const ids = await owner().transaction(async (q) => {
    await q.query(`insert into fruit.basket select i, 'anna', 'x', 1 from generate_series(1, 60) i`);
    const [row] = await q.query<{ ids: string }>(`select current_setting('strangler.outbox') as ids`);
    return changesIn(row!.ids);
  });
  expect(ids).toHaveLength(60);
  // The first part was stored and confirmed, by a relay in another process.
  await detach(ids.slice(0, 50), false);
  const deliveries = both.deliveries();
  let outcome: string | undefined;
  const stored = deliveries.whenStored(await written(owner(), ids), 60_000).then((told) => (outcome = told));
  await until('the outbox was asked', async () => {
    await owner().query('select 1');
    return (await deliveries.outstandingOf('fruit', ['anna'])).ids.length === 10 || undefined;
  });
  expect(outcome).toBeUndefined();
  await detach(ids.slice(50), false);
  expect(await stored).toBe('stored');
});

it('one row of it cannot be stored: that one alone is set aside, at its place before what came later', async () => {
  await both.extracted.test.query('alter table fruit.basket add constraint light check (weight < 5000)');
  await fill(1, 30);
  await owner().query(
    `update fruit.basket set weight = case when id = 17 then 6000 else 2 end, content = 'heavy'`,
  );
  const before = await changes();
  both.relay({ batchRows: 8, degradedAfterMs: freshCopyMs });
  await until('all others are there', async () =>
    (await both.extracted.outgoing.incoming()).term > 0 &&
    (await both.extracted.rows('basket')).filter((row) => row.includes('heavy')).length === 29
      ? true
      : undefined,
  );
  const [parked, ...others] = await until('it is parked', async () => {
    const found = await both.monolith.outgoing.parked();
    return found.length > 0 ? found : undefined;
  });
  expect(others).toEqual([]);
  expect(parked!.pk).toEqual(['17']);
  expect(before.filter(({ pk }) => pk[0] === '17').map(({ id }) => id)).toContain(parked!.id);
  // Mended, it is in order: the newer change counts, whichever is read first.
  await owner().query('update fruit.basket set weight = 3 where id = 17');
  await both.drained();
  await until('nothing is parked', async () =>
    (await both.monolith.outgoing.parked()).length === 0 ? true : undefined,
  );
  expect(await both.extracted.rows('basket')).toEqual(await both.monolith.rows('basket'));
  await both.extracted.test.query('alter table fruit.basket drop constraint light');
});

it('a parked part that is sent again comes before the newer changes that stand behind it', async () => {
  await fill(1, 3);
  const [, second] = await changes();
  await owner().query('delete from fruit.basket where id = 2');
  await detach([second!.id], true);
  await owner().query('update strangler.outbox set parked = $2 where id = $1', [second!.id, 'a test']);
  await both.monolith.outgoing.unpark({ ids: [second!.id], how: 'retry' });
  const way = heldSend(both.extracted.receiver);
  both.relay({ send: way.send, batchRows: 2, degradedAfterMs: 60_000 });
  way.hold = false;
  await both.drained();
  expect(await both.extracted.rows('basket')).toEqual(await both.monolith.rows('basket'));
});

describe('a bulk statement that straddles a fence', () => {
  const border = 5_000;
  const holds = async (from: number, to: number, upTo = 2 ** 50) => {
    const [row] = await owner().query<{ holds: boolean }>(
      `select strangler.outbox_holds('fruit', $1, $2, $3) as holds`,
      [from, to, upTo],
    );
    return row!.holds;
  };
  const below = ({ pk }: { pk: string[] }) => bucketOf('fruit', `owner ${pk[0]}`) < border;

  it('is drained once its changes of the fenced buckets are gone, and no sooner', async () => {
    await fill(1, 40);
    // Written where all buckets were ours: its range says nothing.
    expect(await owner().query('select low, high from strangler.outbox')).toEqual([{ low: 0, high: 9_999 }]);
    const all = await changes();
    const [inside, outside] = [all.filter(below), all.filter((each) => !below(each))];
    expect(inside.length).toBeGreaterThan(1);
    await detach(
      outside.map(({ id }) => id),
      false,
    );
    expect([await holds(0, border), await holds(border, 10_000)]).toEqual([true, false]);
    await detach(
      inside.slice(1).map(({ id }) => id),
      false,
    );
    // Its last part has a number above that of its row, and counts all the same.
    expect(await holds(0, border, Math.max(...all.map(({ id }) => id)))).toBe(true);
    await detach([inside[0]!.id], false);
    expect(await holds(0, border)).toBe(false);
  });

  it('names exactly its buckets where not all are ours', async () => {
    await owner().query('update strangler.ownership set extracted_below = 1');
    await fill(1, 2);
    const buckets = [1, 2].map((id) => bucketOf('fruit', `owner ${id}`)).sort((a, b) => a - b);
    expect(await owner().query('select low, high from strangler.outbox')).toEqual([
      { low: buckets[0], high: buckets[1] },
    ]);
    expect(await holds(buckets[0]! + 1, buckets[1]!)).toBe(false);
    await owner().query('update strangler.ownership set extracted_below = 0');
  });
});

it('a batch carries no more changes than it may, and each once', async () => {
  await fill(1, 1_700);
  const way = heldSend(both.extracted.receiver);
  const sent: number[] = [];
  both.relay({
    batchRows: 50,
    degradedAfterMs: 60_000,
    send: (frame, to) => {
      const { ids } = decodeFrame(frame);
      sent.push(...ids);
      return way.send(frame, to);
    },
  });
  way.hold = false;
  await both.drained();
  expect(sent.length).toBe(1_700);
  expect(new Set(sent).size).toBe(1_700);
});
