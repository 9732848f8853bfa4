import { Logger } from '@nestjs/common';
import { decodeFrame } from '#strangler/engine/replication/frame';
import { until } from '../../support/until.js';
import { Caller } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { places, Twin } from '../support/twin.js';
import type { TwinSide } from '../support/twin-side.js';

/*
 * With `ack: both` a caller is told of his write when the copy has it; or, where that does not confirm, when the owner has it. Then he
 * asks what any copy may answer. One that lacks his write must not, however lately something came to it: a part of what was
 * written, a batch that was long on its way, a heartbeat beside a row that cannot be stored.
 */
let twin: Twin;
let caller: Caller;
const name = 'C-1';
const copyReads = { readsBelow: 10_000 };

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  twin = await Twin.open({ captured: false });
  twin.monolith.batchRows = 2;
  await twin.begin();
  caller = new Caller(twin, new Ledger());
  twin.tell(0, places, copyReads);
  await caller.add(name);
  await twin.quiet();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await twin.close();
});

const peek = () => twin.ports.gateway.peek({ name });
/** Before the story the copy has answered. */
const copyAnswers = async (of: TwinSide) => {
  const asked = jest.spyOn(of.handlers, 'peek');
  await until('the copy answers', async () => {
    await peek();
    return asked.mock.calls.length > 0 || undefined;
  });
};

/** From now on frames with rows wait; `store`: the oldest that waits is stored, and its sender does not hear of it yet. */
function held(to: TwinSide) {
  const waiting: { store: () => Promise<unknown>; letGo: () => void }[] = [];
  to.carriage = (frame, deliver) => {
    if (decodeFrame(frame).parts.length === 0) return deliver();
    return new Promise((resolve, reject) => {
      let stored: ReturnType<typeof deliver> | undefined;
      waiting.push({
        store: () => (stored ??= deliver()),
        letGo: () => void (stored ?? deliver()).then(resolve, reject),
      });
    });
  };
  return {
    next: (place: number) => until('a batch waits', () => waiting[place]),
    release: () => {
      to.carriage = (_frame, deliver) => deliver();
      for (const { letGo } of waiting) letGo();
    },
  };
}

it.each(['of which nothing has come', 'of which a part has come'])('a large write, %s', async (what) => {
  await copyAnswers(twin.extracted);
  const way = held(twin.extracted);
  await twin.monolith.query(`insert into tally.counter select 'B-' || i, 1, 1 from generate_series(1, 40) i`);
  const first = await way.next(0);
  const second = caller.add(name);
  if (what === 'of which a part has come') await first.store();
  await second;
  expect(await peek()).toMatchObject({ count: 2 });
  way.release();
  await twin.quiet();
});

it('a batch that was read before the write comes after its answer', async () => {
  const way = held(twin.extracted);
  await twin.monolith.query(`insert into tally.counter values ('B-1', 1, 1)`);
  const late = await way.next(0);
  await caller.add(name);
  expect((await twin.states()).monolith.outgoing.degradedSince).not.toBeNull();
  await late.store();
  expect(await twin.extracted.rows('counter')).toContain('(B-1,1,1)');
  expect(await peek()).toMatchObject({ count: 2 });
  way.release();
});

it('the row cannot be stored there', async () => {
  await twin.extracted.query('alter table tally.counter add constraint small check (count < 100)');
  await copyAnswers(twin.extracted);
  await caller.add(name, { amount: 100 });
  expect((await twin.states()).monolith.outgoing).toMatchObject({ parked: 1, degradedSince: null });
  expect(await peek()).toMatchObject({ count: 101 });
  await twin.extracted.query('alter table tally.counter drop constraint small');
  const [row] = await twin.monolith.agent.parked();
  await twin.monolith.agent.unpark({ ids: [row!.id], how: 'retry' });
  await check(twin, caller.ledger);
});

it('the copy is the one of the monolith', async () => {
  expect(await twin.handOff(100)).toMatchObject({ outcome: 'done' });
  twin.tell(10_000, places, { readsBelow: 0 });
  await copyAnswers(twin.monolith);
  twin.monolith.carriage = () => Promise.reject(new Error('the monolith does not confirm'));
  await caller.add(name);
  expect(await peek()).toMatchObject({ count: 2 });
  twin.monolith.carriage = (_frame, deliver) => deliver();
  await check(twin, caller.ledger);
});
