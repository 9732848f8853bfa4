import { Crowd } from '../support/caller.js';
import { check, Ledger } from '../support/ledger.js';
import { Random } from '../support/random.js';
import { lostReply, neverCame, places, Twin } from '../support/twin.js';

/*
 * A thousand hand-offs, while callers in every process write and read the same few keys, and every third call between
 * processes that is lost is lost on its way back. Whatever they were told can be explained by one register a key; and what
 * any copy may answer is never behind what was acknowledged.
 */
const rounds = 20;
const handOffsInRound = 50;
let twin: Twin;
beforeAll(async () => (twin = await Twin.open()));
afterAll(() => twin.close());

/** Anyone may be told the border, and how many of the reads are the copy's; or nobody is. */
function tellSome(percent: number, random: Random): void {
  const readsBelow = random.integer(10_001);
  const whom = places.filter(() => random.next() < 0.5);
  twin.tell(percent * 100, whom, { readsBelow });
}

it.each(Array.from({ length: rounds }, (_, round) => [round]))('round %d', async (round) => {
  const seed = (Date.now() % 100_000) + round;
  const random = new Random(seed);
  twin.delivery = (deliver) => {
    const fate = random.next();
    return fate < 0.01 ? lostReply(deliver) : fate < 0.03 ? neverCame(deliver) : deliver();
  };
  twin.monolith.ack = twin.extracted.ack = round % 2 === 0 ? 'both' : 'owner';
  const names = Array.from({ length: 6 }, (_, i) => `H-${round}-${i}`);
  const crowd = new Crowd(twin, new Ledger(seed), names, 8);
  for (let done = 0, percent = 0; done < handOffsInRound; done++) {
    // Never to where it is.
    percent = (percent + 1 + random.integer(100)) % 101;
    if ((await twin.states()).monolith.ownership.extractedBelow === percent * 100)
      percent = (percent + 1) % 101;
    expect(await twin.handOff(percent)).toMatchObject({ outcome: 'done' });
    tellSome(percent, random);
  }
  await crowd.stop();
  await check(twin, crowd.ledger);
  expect(crowd.ledger.history.of('look', 'ok').length).toBeGreaterThan(20);
});
