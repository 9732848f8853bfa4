import { decodeFrame, type ApplyReply, type Send } from '#strangler/engine/replication/frame';
import { heldSend, replicas, type Replicas } from '../../support/replication.js';
import { until } from '../../support/until.js';

/*
 * A batch arrives after a newer one was stored: its relay was paused and another one took over, its answer was lost, or
 * the network kept it. Stored then, it would bring an old row back.
 */
let both: Replicas;
beforeAll(async () => {
  both = await replicas();
});
afterEach(() => both.reset());
afterAll(() => both.close());

const put = (content: string) =>
  both.monolith.database.query(
    `insert into fruit.basket values (1, 'anna', $1, 1) on conflict (id) do update set content = excluded.content`,
    [content],
  );
const copy = () => both.extracted.rows('basket');

/** Ends the session of the relay that leads. */
const endSession = () =>
  both.monolith.test.query(
    `select pg_terminate_backend(pid) from pg_locks
     where locktype = 'advisory' and classid = strangler.relay_lock()::oid and granted
       and database = (select oid from pg_database where datname = current_database())`,
  );

const withRows = (frame: Uint8Array) => decodeFrame(frame).parts.length > 0;

it('a relay is paused after it has read, and wakes after another one has led', async () => {
  const paused = heldSend(both.extracted.receiver);
  const former = both.relay({ send: paused.send });
  await put('old');
  const old = await until('the first relay has read', () => paused.held.find(({ frame }) => withRows(frame)));
  await endSession();
  await until('the first relay leads no more', () => (former.status().leading ? undefined : true));
  await former.stop();
  await put('new');
  both.relay();
  await both.drained();
  expect(await old.deliver()).toMatchObject({ outcome: 'stale' });
  expect(await copy()).toEqual(['(1,anna,new,1)']);
});

it('a relay that hears that another one has led takes a higher term and goes on', async () => {
  await both.extracted.test.query(`update strangler.applied set term = 4, seq = 7`);
  const relay = both.relay();
  await put('new');
  await both.drained();
  expect(relay.status().term).toBe(5);
  expect(await copy()).toEqual(['(1,anna,new,1)']);
});

it('the answer is lost: the batch is sent again, read anew, and the late copy of the first is refused', async () => {
  const first: Uint8Array[] = [];
  let lost = 0;
  const send: Send = async (frame) => {
    if (lost > 0 || !withRows(frame)) return both.extracted.receiver.apply(frame);
    lost++;
    first.push(frame);
    await both.extracted.receiver.apply(frame);
    await put('newer');
    throw new Error('no answer');
  };
  both.relay({ send });
  await put('old');
  await both.drained();
  expect(lost).toBe(1);
  expect(await both.extracted.receiver.apply(first[0]!)).toMatchObject({ outcome: 'stale' });
  expect(await copy()).toEqual(['(1,anna,newer,1)']);
});

it('a batch of the same term, late after its retry, is refused', async () => {
  const way = heldSend(both.extracted.receiver);
  both.relay({ send: way.send });
  await put('old');
  const first = await until('a batch waits', () => way.held.find(({ frame }) => withRows(frame)));
  await put('new');
  way.hold = false;
  first.drop();
  await both.drained();
  expect(await first.deliver()).toMatchObject({ outcome: 'stale' });
  expect(await copy()).toEqual(['(1,anna,new,1)']);
});

it('every frame comes twice: the rows are those of the owner', async () => {
  const replies: ApplyReply[] = [];
  both.relay({
    send: async (frame) => {
      const reply = await both.extracted.receiver.apply(frame);
      replies.push(await both.extracted.receiver.apply(frame));
      return reply;
    },
  });
  for (const content of ['a', 'b', 'c']) await put(content);
  await both.drained();
  expect(await copy()).toEqual(['(1,anna,c,1)']);
  expect(new Set(replies.map(({ outcome }) => outcome))).toEqual(new Set(['stale']));
});

it('without the comparison of term and seq the old row would come back', async () => {
  const way = heldSend(both.extracted.receiver);
  const relay = both.relay({ send: way.send });
  await put('old');
  const first = await until('a batch waits', () => way.held.find(({ frame }) => withRows(frame)));
  way.hold = false;
  first.drop();
  await put('new');
  await both.drained();
  // A heartbeat would set it anew.
  await relay.stop();
  // What the comparison looks at is made as if nothing had come yet.
  await both.extracted.test.query('update strangler.applied set term = 0, seq = 0');
  expect(await first.deliver()).toMatchObject({ outcome: 'stored' });
  expect(await copy()).toEqual(['(1,anna,old,1)']);
});
