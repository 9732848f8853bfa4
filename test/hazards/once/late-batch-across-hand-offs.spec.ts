import { Logger } from '@nestjs/common';
import { handOffProblems } from '#strangler/control/conditions/hand-off-problems';
import { defaultSettings } from '#strangler/control/config/settings';
import { Caller } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { holdFrame } from '../support/stories.js';
import { Twin } from '../support/twin.js';

/*
 * A batch of the old owner is held up on its way, and arrives after its buckets have moved, or have moved and come back.
 * What it holds is from before: it must change nothing.
 */
let twin: Twin;
let caller: Caller;
const name = 'L-1';

beforeEach(async () => {
  jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
  twin = await Twin.open();
  caller = new Caller(twin, new Ledger());
});
afterEach(async () => {
  jest.restoreAllMocks();
  await twin.close();
});

describe.each([1, 2, 3])('across %p hand-offs', (times) => {
  it('a batch of changes: refused', async () => {
    const caught = holdFrame(twin.extracted, 'rows');
    const first = caller.add(name);
    const late = await caught;
    late.drop();
    await first;
    for (let i = 1; i <= times; i++) {
      expect(await twin.handOff(i % 2 === 1 ? 100 : 0)).toMatchObject({ outcome: 'done' });
      await caller.add(name);
    }
    expect(await late.deliver()).toMatchObject({ outcome: 'stale' });
    await caller.look(name);
    await check(twin, caller.ledger);
  });
});

it('a hand-off waits for the batch: it is not over while the old owner has not heard that it is stored', async () => {
  const plan = await twin.plan(10_000);
  const caught = holdFrame(twin.extracted, 'rows');
  twin.monolith.ack = 'owner';
  await caller.add(name);
  const late = await caught;
  expect(await twin.carryOut(plan, { drainMs: 300 })).toMatchObject({ outcome: 'aborted' });
  expect(await late.deliver()).toMatchObject({ outcome: 'stored' });
  expect(await twin.handOff(100)).toMatchObject({ outcome: 'done' });
  await caller.add(name);
  await check(twin, caller.ledger);
});

it('a chunk of rows from before: no hand-off begins while one is on its way', async () => {
  await caller.add(name);
  await twin.quiet();
  const caught = holdFrame(twin.extracted, 'chunk');
  await twin.monolith.agent.startCapture({ backfill: true });
  const late = await caught;
  expect(handOffProblems(await twin.states(), defaultSettings.gates)).toEqual([
    'monolith is still copying its rows from before (counter, idempotency, ticket)',
    'extracted is still being filled by monolith',
  ]);
  await late.deliver();
  expect(await twin.handOff(100)).toMatchObject({ outcome: 'done' });
  await check(twin, caller.ledger);
});
