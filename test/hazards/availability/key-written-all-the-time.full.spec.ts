import { until } from '../../support/until.js';
import { Caller } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { Twin } from '../support/twin.js';

/*
 * One key is written without a pause while its bucket is drained. The drain waits for the rows from before the fence only,
 * and behind the fence nobody writes: so it ends.
 */
let twin: Twin;
beforeAll(async () => (twin = await Twin.open()));
afterAll(() => twin.close());

it.each(['owner', 'both'] as const)('answered by: %s', async (ack) => {
  for (const side of [twin.monolith, twin.extracted]) side.ack = ack;
  const ledger = new Ledger();
  const name = `HOT-${ack.toUpperCase()}`;
  let stopping = false;
  const writing = Array.from({ length: 6 }, async (_, i) => {
    const caller = new Caller(twin, ledger, i);
    while (!stopping) await caller.add(name);
  });
  for (let round = 0; round < 6; round++) {
    const before = ledger.floorOf(name);
    expect(await twin.handOff(round % 2 === 0 ? 100 : 0)).toMatchObject({ outcome: 'done' });
    // Somebody always writes between two hand-offs.
    await until('the key was written again', () => ledger.floorOf(name) > before + 6 || undefined);
  }
  stopping = true;
  await Promise.all(writing);
  await check(twin, ledger);
});
