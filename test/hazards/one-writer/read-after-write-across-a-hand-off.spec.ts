import { sides, type Side } from '#strangler/routes/phase';
import { Caller } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { places, Twin } from '../support/twin.js';

/*
 * A caller has been told that his write is done; its key changes its owner. Whoever looks from then on, wherever he stands
 * and whatever his process believes of the owner, sees that write: at every moment of the hand-off.
 */
let twin: Twin;
let caller: Caller;

beforeAll(async () => (twin = await Twin.open()));
beforeEach(() => (caller = new Caller(twin, new Ledger())));
afterEach(() => jest.restoreAllMocks());
afterAll(() => twin.close());

const steps = ['fence', 'drained', 'own', 'release'] as const;

/** Before and after each step of the hand-off on either side, `then` is done; the step is carried out only then. */
function around(then: () => Promise<void>): void {
  for (const side of sides) {
    for (const step of steps) {
      const agent = twin[side].agent as unknown as Record<string, (argument: unknown) => Promise<unknown>>;
      const carryOut = agent[step]!.bind(agent);
      jest.spyOn(agent, step).mockImplementation(async (argument) => {
        await then();
        const answer = await carryOut(argument);
        await then();
        return answer;
      });
    }
  }
}

/** Everyone looks. Resolves when each has his answer, or has been told to wait for it; `answered` when all have it. */
function allLook(name: string): { asked: Promise<void>; answered: Promise<unknown> } {
  const looks = places.map((at) => {
    let stop = () => {};
    const told = new Promise<void>((resolve) => (stop = twin.routes[at].onRefresh(resolve)));
    const answer = caller.look(name, at);
    return { asked: Promise.race([answer, told]).finally(stop), answer };
  });
  return {
    asked: Promise.all(looks.map(({ asked }) => asked)).then(() => undefined),
    answered: Promise.all(looks.map(({ answer }) => answer)),
  };
}

describe.each<[Side, number]>([
  ['monolith', 100],
  ['extracted', 0],
])('from the %s', (from, percent) => {
  it.each([0, 10_000])('by processes that believe in a border of %p', async (belief) => {
    const name = `W-${percent}-${belief}`;
    twin.tell(belief);
    if ((await twin.states()).monolith.ownership.extractedBelow === percent * 100)
      await twin.handOff(100 - percent);
    twin[from].ack = 'owner';
    await caller.add(name);
    const answers: Promise<unknown>[] = [];
    around(async () => {
      const { asked, answered } = allLook(name);
      answers.push(answered);
      await asked;
    });
    expect(await twin.handOff(percent)).toMatchObject({ outcome: 'done' });
    await Promise.all(answers);
    await caller.add(name);
    await caller.look(name);
    expect(caller.ledger.history.of('look', 'ok').length).toBeGreaterThan(20);
    await check(twin, caller.ledger);
  });
});
