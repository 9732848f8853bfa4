import { decodeFrame } from '#strangler/engine/replication/frame';
import { heldSend, replicas, type Replicas } from '../../support/replication.js';
import { until } from '../../support/until.js';

/*
 * Rows change while they are copied. A chunk that was read before a delete and is stored after it would bring the row back;
 * a row that is in no chunk and in no outbox would be lost.
 */
let both: Replicas;
beforeAll(async () => {
  both = await replicas();
});
afterEach(() => both.reset());
afterAll(() => both.close());

const owner = () => both.monolith.database;

/** Rows from before capture: they are in no outbox. */
async function before(count: number): Promise<void> {
  await owner().query(
    `insert into fruit.basket select i, 'owner ' || i, 'before', i from generate_series(1, $1::int) i`,
    [count],
  );
  await owner().query('delete from strangler.outbox');
}

const same = async () => {
  expect(await both.extracted.rows('basket')).toEqual(await both.monolith.rows('basket'));
  expect(await both.extracted.rows('label')).toEqual(await both.monolith.rows('label'));
};

it('rows of a chunk that is under way are deleted and changed: nothing comes back', async () => {
  await before(50);
  await both.backfill();
  const way = heldSend(both.extracted.receiver);
  both.relay({ send: way.send, batchRows: 20 });
  await until('the empty batch that finds the backfill waits', () => way.held[0]);
  await way.held.shift()!.deliver();
  const chunk = await until('a chunk waits', () =>
    way.held.find(({ frame }) => decodeFrame(frame).parts.some(({ kind }) => kind === 'chunk')),
  );
  await owner().query('delete from fruit.basket where id % 3 = 0');
  await owner().query(`update fruit.basket set content = 'after' where id % 3 = 1`);
  way.hold = false;
  await chunk.deliver();
  await both.drained();
  await same();
});

it('writers that never rest: both sides are equal in the end', async () => {
  await before(2_000);
  await both.backfill();
  both.relay({ batchRows: 50 });
  for (let round = 0; round < 60; round++) {
    await owner().query(`update fruit.basket set content = 'r${round}' where id % 37 = $1`, [round % 37]);
    await owner().query('delete from fruit.basket where id % 91 = $1', [round]);
    await owner().query(`insert into fruit.basket values ($1, 'new', 'r', 1) on conflict do nothing`, [
      round * 30,
    ]);
  }
  await both.drained();
  await same();
});

it('the relay dies in the middle: the next one goes on where it was', async () => {
  await before(500);
  await both.backfill();
  const way = heldSend(both.extracted.receiver);
  way.hold = false;
  const first = both.relay({ send: way.send, batchRows: 50 });
  const copied = async () => (await both.monolith.outgoing.outgoing()).backfill[0]!.copied;
  await until('a part is copied', async () => ((await copied()) >= 100 ? true : undefined));
  way.hold = true;
  await first.stop();
  const reached = await copied();
  const frames: Uint8Array[] = [];
  both.relay({
    batchRows: 50,
    send: (frame) => {
      frames.push(frame);
      return both.extracted.receiver.apply(frame);
    },
  });
  await both.drained();
  await same();
  const chunks = frames.flatMap((frame) => decodeFrame(frame).parts).filter(({ kind }) => kind === 'chunk');
  const sent = chunks
    .filter(({ table }) => table === 'basket')
    .map(({ text }) => (JSON.parse(text) as unknown[]).length);
  expect(sent.reduce((a, b) => a + b, 0)).toBe(500 - reached);
});

it('a second run removes what is there and not here', async () => {
  await before(100);
  await both.extracted.database.transaction(async (q) => {
    await q.query(`select set_config('strangler.applying', 'fruit', true)`);
    await q.query(
      `insert into fruit.basket select i, 'ghost', 'ghost', i from generate_series(-5, 200, 5) i`,
    );
    await q.query(`insert into fruit.label values (gen_random_uuid(), 'ghost', 'ghost')`);
  });
  await both.backfill();
  both.relay({ batchRows: 30 });
  await both.drained();
  await same();
});

it('only buckets of the sender are copied, and only there ghosts are removed', async () => {
  await before(100);
  const { monolith, extracted } = both;
  for (const { database } of [monolith, extracted]) {
    await database.query('update strangler.ownership set extracted_below = 5000');
  }
  const ownRow = `insert into fruit.basket select i, 'owner ' || i, 'own', i from generate_series(1, 100) i
    where strangler.bucket('fruit', 'owner ' || i) < 5000`;
  await extracted.database.query(ownRow);
  const own = await extracted.rows('basket');
  await both.backfill();
  both.relay({ batchRows: 30 });
  await both.drained();
  const rows = await extracted.rows('basket');
  expect(rows).toHaveLength(100);
  expect(rows).toEqual(expect.arrayContaining(own));
  for (const { database } of [monolith, extracted]) {
    await database.query('update strangler.ownership set extracted_below = 0');
  }
});

it('while buckets are fenced no chunk is read: nobody would come back for their rows', async () => {
  await before(100);
  await both.backfill();
  both.relay();
  await both.drained();
  await owner().query('update strangler.ownership set fence_from = 0, fence_to = 5000');
  await both.backfill();
  const heartbeat = async () => (await both.extracted.outgoing.incoming()).seq;
  const before100 = await heartbeat();
  await until('the relay goes on', async () => ((await heartbeat()) > before100 + 1 ? true : undefined));
  expect((await both.monolith.outgoing.outgoing()).backfill.some(({ done }) => done)).toBe(false);
  await owner().query('update strangler.ownership set fence_from = null, fence_to = null');
  await both.drained();
  await same();
});
