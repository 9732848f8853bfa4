import { Logger } from '@nestjs/common';
import { Caller } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { places, Twin } from '../support/twin.js';

/*
 * The other side stops to confirm; its copy falls behind. Writes are answered by their owner alone. Someone reads what he has
 * just written, with a query that any copy may answer: the copy that has not got it must not.
 */
let twin: Twin;
let caller: Caller;

beforeAll(async () => (twin = await Twin.open()));
beforeEach(() => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  caller = new Caller(twin, new Ledger());
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => twin.close());

/** All `reads: any` queries are the copy's, as far as the routes go. */
const copyReads = { readsBelow: 10_000 };

it.each([
  ['before anyone has heard of it', false],
  ['when all have heard of it', true],
])('%s', async (_what, degraded) => {
  twin.tell(0, places, copyReads);
  const name = degraded ? 'D-1' : 'D-2';
  await caller.add(name);
  await twin.quiet();
  twin.extracted.carriage = () => Promise.reject(new Error('the other side is gone'));
  for (let count = 2; count <= 4; count++) {
    await caller.add(name);
    expect((await twin.states()).monolith.outgoing.degradedSince).not.toBeNull();
    if (degraded) twin.tell(0, places, { ...copyReads, degraded });
    for (const at of places) {
      expect(await caller.look(name, at)).toMatchObject({ count });
      expect(await twin.ports[at].peek({ name })).toMatchObject({ count });
    }
  }
  twin.extracted.carriage = (_frame, deliver) => deliver();
  await check(twin, caller.ledger);
  // It leaves that state by itself, and moves again.
  expect(await twin.handOff(100)).toMatchObject({ outcome: 'done' });
  await caller.look(name);
  expect(await twin.handOff(0)).toMatchObject({ outcome: 'done' });
});
