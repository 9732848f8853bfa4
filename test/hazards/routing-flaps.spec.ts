import { Crowd } from './support/caller.js';
import { check, Ledger } from './support/ledger.js';
import { Random } from './support/random.js';
import { lostReply, neverCame, places, Twin } from './support/twin.js';

/*
 * All buckets go from one side to the other and back, again and again, while callers write and read; they hear of it late
 * or not at all, and some of their calls are lost on the way. Each acknowledged write counts once, nobody reads what was
 * before, and nobody sees an error.
 */
const names = Array.from({ length: 12 }, (_, i) => `F-${i}`);
let twin: Twin;
beforeEach(async () => (twin = await Twin.open()));
afterEach(() => twin.drop());

async function flap(percents: readonly number[], random: Random): Promise<void> {
  for (const percent of percents) {
    expect(await twin.handOff(percent)).toMatchObject({ outcome: 'done' });
    twin.tell(
      percent * 100,
      places.filter(() => random.next() < 0.5),
    );
  }
}

it('0 to 100 % and back, 200 times', async () => {
  const seed = Date.now() % 100_000;
  const crowd = new Crowd(twin, new Ledger(seed), names, 4);
  await flap(
    Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 100 : 0)),
    new Random(seed),
  );
  await crowd.stop();
  await check(twin, crowd.ledger);
});

it('to any share, with calls and answers lost between the processes', async () => {
  const seed = Date.now() % 100_000;
  const random = new Random(seed);
  twin.delivery = (deliver) => {
    const fate = random.next();
    return fate < 0.03 ? lostReply(deliver) : fate < 0.06 ? neverCame(deliver) : deliver();
  };
  const crowd = new Crowd(twin, new Ledger(seed), names, 4);
  await flap(
    Array.from({ length: 60 }, () => random.integer(101)),
    random,
  );
  await crowd.stop();
  await check(twin, crowd.ledger);
  expect(crowd.ledger.history.of('add', 'unknown').length).toBeGreaterThan(0);
});
