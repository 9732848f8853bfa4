import { randomUUID } from 'node:crypto';
import { Caller } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { fenced, holdWriter, toldToWait } from '../support/stories.js';
import { lostReply, places, Twin } from '../support/twin.js';

/*
 * A command is said again under its id while its key changes its owner. Its claim is a row of its key and goes with it: it
 * takes effect once, and every try hears the same answer.
 */
let twin: Twin;
let caller: Caller;
let name: string;
let tests = 0;

beforeAll(async () => (twin = await Twin.open()));
beforeEach(() => {
  caller = new Caller(twin, new Ledger());
  name = `R-${++tests}`;
});
afterEach(async () => {
  await twin.quiet();
  if ((await twin.states()).monolith.ownership.extractedBelow > 0) await twin.handOff(0);
  twin.tell(0);
  twin.delivery = (deliver) => deliver();
  for (const side of [twin.monolith, twin.extracted]) side.ack = 'both';
});
afterAll(() => twin.close());

/** On to the other side, whichever has it now. */
async function moves(): Promise<void> {
  const { extractedBelow } = (await twin.states()).monolith.ownership;
  expect(await twin.handOff(extractedBelow > 0 ? 0 : 100)).toMatchObject({ outcome: 'done' });
}

it.each([1, 2, 3])('its answer was lost, and %p hand-offs follow: the answer of then', async (times) => {
  const commandId = randomUUID();
  const first = await caller.add(name, { commandId });
  for (let i = 0; i < times; i++) await moves();
  for (const at of places) await caller.repeat(first!, commandId, { at });
  await check(twin, caller.ledger);
});

it('it was answered by its owner alone, and comes again at the new one', async () => {
  twin.monolith.ack = 'owner';
  const commandId = randomUUID();
  const first = await caller.add(name, { commandId });
  await moves();
  await caller.repeat(first!, commandId);
  await check(twin, caller.ledger);
});

it('it is still at work when it comes again and its key is to move: all wait for it', async () => {
  const commandId = randomUUID();
  const writer = holdWriter(twin.monolith);
  const first = caller.add(name, { commandId });
  await writer.inside();
  const { epoch } = (await twin.states()).monolith.ownership;
  const handing = moves();
  await fenced(twin.monolith, epoch);
  const waits = toldToWait(twin, 'gateway');
  const again = twin.ports.gateway.add({ name, amount: 1 }, { commandId });
  await waits;
  writer.letGo();
  await handing;
  caller.ledger.again((await first)!, await again);
  await check(twin, caller.ledger);
});

it('it has read before the fence and writes behind it: taken back, and done by the new owner', async () => {
  const writer = holdWriter(twin.monolith, 'before');
  const first = caller.add(name);
  await writer.inside();
  const { epoch } = (await twin.states()).monolith.ownership;
  const handing = moves();
  await fenced(twin.monolith, epoch);
  const waits = toldToWait(twin, 'monolith');
  const second = caller.add(name, { at: 'monolith' });
  await waits;
  writer.letGo();
  await Promise.all([first, second, handing]);
  await check(twin, caller.ledger);
});

it('several keys, of which one moves each time an answer is lost: each once', async () => {
  const items = Array.from({ length: 6 }, (_, i) => ({ name: `S-${i}`, amount: 1 }));
  const shares = [20, 70, 40, 100, 0];
  for (const percent of shares) {
    twin.delivery = async (deliver) => {
      twin.delivery = (pass) => pass();
      await deliver();
      await twin.handOff(percent);
      return lostReply(() => Promise.resolve());
    };
    await twin.handOff(50);
    twin.tell(5_000);
    await caller.addAll(items);
  }
  await check(twin, caller.ledger);
});
