import { Logger } from '@nestjs/common';
import { Continuity } from '#strangler/engine/continuity/continuity';
import { Receiver } from '#strangler/engine/replication/apply';
import { decodeFrame, encodeFrame, type Batch } from '#strangler/engine/replication/frame';
import { directPeer } from '../../support/pairing.js';
import { Caller } from '../support/caller.js';
import { Ledger } from '../support/ledger.js';
import { Twin } from '../support/twin.js';

/*
 * Somebody who may send to a side says what is not so: rows of buckets that the side owns itself, or from another database, or of a
 * module that does not move; or that he owns everything. What would go wrong: the rows are stored and for sale at once, or the side gives
 * up what it owns. Nothing in a batch is believed: its buckets follow from its rows, its sender from the pairing.
 */
let twin: Twin;
let last: Batch;

beforeEach(async () => {
  for (const level of ['log', 'warn', 'error'] as const)
    jest.spyOn(Logger.prototype, level).mockReturnValue();
  twin = await Twin.open();
  const caller = new Caller(twin, new Ledger());
  twin.extracted.carriage = (frame, deliver) => {
    const batch = decodeFrame(frame);
    if (batch.parts.some(({ table }) => table === 'counter')) last = batch;
    return deliver();
  };
  await caller.add('F-1');
  await twin.quiet();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await twin.close();
});

/** The last batch with rows, as if more had come, with these rows of the counter `F-1`. */
const forged = (change: Partial<Batch> = {}): Uint8Array => {
  const parts = last.parts
    .filter(({ table }) => table === 'counter')
    .map((part) => ({ ...part, text: part.text.replace(/"count":"\d+"/, '"count":"999"') }));
  return encodeFrame({ ...last, seq: last.seq + 1_000_000, ids: [], parts, ...change });
};
const there = async () => (await twin.extracted.rows('counter')).join();
const ownership = () =>
  twin.extracted
    .query(`select epoch, extracted_below, fence_from, standing, proven_start is not null as proven
    from strangler.ownership where module = 'tally'`);

it('rows as its sender may send them are stored: what follows is not refused for its form', async () => {
  expect(await twin.extracted.receiver.apply(forged())).toMatchObject({ outcome: 'stored' });
  expect(await there()).toContain('999');
});

it('rows of buckets that the receiver owns are refused, whatever the batch says of its buckets', async () => {
  expect(await twin.handOff(100)).toMatchObject({ outcome: 'done' });
  const before = await there();
  expect(await twin.extracted.receiver.apply(forged())).toMatchObject({ outcome: 'retry' });
  expect(await there()).toBe(before);
});

it('where capture is off nothing is stored', async () => {
  await twin.extracted.end();
  const before = await there();
  expect(await twin.extracted.receiver.apply(forged())).toMatchObject({ outcome: 'retry' });
  expect(await there()).toBe(before);
});

it('another database is refused by name, and its claims count for nothing', async () => {
  expect(await twin.handOff(100)).toMatchObject({ outcome: 'done' });
  const [before, owned] = [await there(), await ownership()];
  const claims = { side: 'monolith', epoch: 1_000, below: 0, fenceFrom: null, fenceTo: null } as const;
  const origin = { ...last.origin, from: '00000000-0000-7000-8000-000000000009', claims };
  for (const parts of [forged({ origin }), forged({ origin, parts: [] })])
    expect(await twin.extracted.receiver.apply(parts)).toMatchObject({
      outcome: 'foreign',
      reason: expect.stringContaining('belongs to the database'),
    });
  expect(await there()).toBe(before);
  expect(await ownership()).toEqual(owned);
});

it.each(['with rows', 'as a heartbeat'])(
  'claims under the id of the peer (%s): the side asks the peer itself, whose answer decides',
  async (how) => {
    const { monolith, extracted } = twin;
    expect(await twin.handOff(100)).toMatchObject({ outcome: 'done' });
    const [before, owned] = [await there(), await ownership()];
    const claims = { side: 'monolith', epoch: 1_000, below: 0, fenceFrom: null, fenceTo: null } as const;
    const { from } = last.origin;
    const claiming = forged({
      origin: { ...last.origin, from, claims },
      ...(how === 'as a heartbeat' && { parts: [] }),
    });
    const peer = directPeer(() => monolith.agent);
    const continuity = new Continuity(extracted.database, 'tally', peer);
    const asked = jest.fn();
    const receiver = new Receiver(extracted.database, extracted.agent.tables, 'tally', asked);
    expect(await receiver.apply(claiming)).toMatchObject({ outcome: 'hello first' });
    // Nothing is written meanwhile, for it might be so.
    expect(asked).toHaveBeenCalled();
    await expect(extracted.query(`insert into tally.counter values ('F-2', 1, 1)`)).rejects.toMatchObject({
      code: 'SR425',
    });
    expect(await continuity.prove()).toBe(true);
    expect(await ownership()).toEqual(owned);
    expect(await there()).toBe(before);
    await extracted.query(`insert into tally.counter values ('F-2', 1, 1)`);
  },
);

it('what is meant for another database is refused', async () => {
  const origin = { ...last.origin, to: '00000000-0000-7000-8000-000000000009' };
  expect(await twin.extracted.receiver.apply(forged({ origin }))).toMatchObject({ outcome: 'foreign' });
});
