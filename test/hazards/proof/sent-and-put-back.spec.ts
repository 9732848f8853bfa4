import { Logger } from '@nestjs/common';
import { changesIn } from '#strangler/engine/replication/changes';
import { decodeFrame, type Batch } from '#strangler/engine/replication/frame';
import { heldSend, replicas, type Replicas } from '../../support/replication.js';
import { until } from '../../support/until.js';
import { written } from '../../support/written.js';

/*
 * A write is on its way to the other side when the rows of this one are put back, to just before it.
 *
 * relay                                     this database
 * reads the write, and sends it
 *                                           put back: the write is not there; nothing else has changed
 * hears that it is stored; answers
 * confirms it
 *
 * What would go wrong: with that confirmation the other side forgets that it has received it, and nobody can know that this one lacks it.
 * And a caller in another process finds no row, and takes that for stored.
 */
let both: Replicas;
beforeEach(async () => {
  for (const level of ['log', 'warn'] as const) jest.spyOn(Logger.prototype, level).mockReturnValue();
  both = await replicas();
});
afterEach(async () => {
  await both.close();
  jest.restoreAllMocks();
});

const write = async (id: number) =>
  both.monolith.database.transaction(async (q) => {
    await q.query(`insert into fruit.basket values ($1, 'anna', 'x', 1)`, [id]);
    const [row] = await q.query<{ ids: string }>(`select current_setting('strangler.outbox') as ids`);
    return written(both.monolith.database, changesIn(row!.ids));
  });
const confirmed = async () =>
  both.monolith.test.query('select confirmed_term, confirmed_seq from strangler.relay');

it('is not confirmed, and the database is doubted', async () => {
  const way = heldSend(both.extracted.receiver);
  way.hold = false;
  let doubts = 0;
  const doubt = () => Promise.resolve(++doubts > 0);
  both.relay({ send: way.send, doubt, degradedAfterMs: 60_000 });
  await write(1);
  await both.drained();
  const before = await confirmed();
  way.hold = true;
  await write(2);
  const frame = await until('the write is on its way', () =>
    way.held.find((each) => Buffer.from(each.frame).includes('"id":"2"')),
  );
  await both.monolith.test.query('delete from strangler.outbox');
  way.hold = false;
  for (const each of way.held) if (each !== frame) each.drop();
  expect(await frame.deliver()).toMatchObject({ outcome: 'stored' });
  await until('it is doubted', () => (doubts > 0 ? true : undefined));
  expect(await confirmed()).toEqual(before);
});

it('who begins to lead, and is not told what the other side has, sends nothing and confirms nothing', async () => {
  const frames: Batch[] = [];
  const send = (frame: Uint8Array) => {
    frames.push(decodeFrame(frame));
    return both.extracted.receiver.apply(frame);
  };
  let asked = 0;
  const compare = () => Promise.resolve(++asked < 0);
  await write(1);
  both.relay({ send, compare, degradedAfterMs: 60_000 });
  await until('it has asked twice', () => (asked > 1 ? true : undefined));
  expect(frames.length).toBeGreaterThan(1);
  expect(frames.flatMap(({ ids, parts }) => [...ids, ...parts])).toEqual([]);
  expect(await both.extracted.rows('basket')).toEqual([]);
  expect(await confirmed()).toMatchObject([{ confirmed_term: null }]);
});

it('whoever waits for a number that was never given hears that nobody knows', async () => {
  await write(1);
  const rows = await write(2);
  const unknown = expect(both.deliveries().whenStored(rows, 60_000)).rejects.toThrow('not known');
  await both.monolith.test.query(`do $$ begin
    delete from strangler.outbox;
    perform setval('strangler.outbox_id_seq', ${Math.min(...rows.ids) - 1_000});
  end $$`);
  await unknown;
});
