import { settle } from '#strangler/control/steps/hand-off';
import { Caller } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { Twin } from '../support/twin.js';

/*
 * The controller is killed between own and release. The new owner writes; the old one is still fenced. Its fence keeps
 * writers out, not the rows of the new owner: they are stored, and nothing is set aside.
 */
let twin: Twin;
beforeAll(async () => (twin = await Twin.open()));
afterEach(() => jest.restoreAllMocks());
afterAll(() => twin.close());

it.each([
  ['up', 100, 'monolith'],
  ['down', 0, 'extracted'],
] as const)('on the way %s', async (_way, percent, from) => {
  const caller = new Caller(twin, new Ledger());
  const names = Array.from({ length: 5 }, (_, i) => `N-${percent}-${i}`);
  for (const name of names) await caller.add(name);
  const plan = await twin.plan(percent * 100);
  jest.spyOn(twin[from].agent, 'release').mockRejectedValueOnce(new Error('the controller is dead'));
  expect(await twin.carryOut(plan)).toMatchObject({ outcome: 'stuck' });
  twin.tell(plan.newBelow, ['gateway']);
  // `ack: both`: an answer means that the fenced side has it.
  for (const name of names) await caller.add(name);
  const states = await twin.states();
  expect(states[from].ownership.fenceTo).not.toBeNull();
  expect([states.monolith.outgoing.parked, states.extracted.outgoing.parked]).toEqual([0, 0]);
  expect(states[plan.to].outgoing.degradedSince).toBeNull();
  await check(twin, caller.ledger);
  expect(await settle(twin.controls, plan, { reason: 'the next controller' })).toMatchObject({
    outcome: 'done',
  });
  for (const name of names) await caller.look(name, from);
  await check(twin, caller.ledger);
});
