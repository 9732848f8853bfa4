import { flap, toAndFro } from './support/flap.js';
import { Random } from './support/random.js';
import { lostReply, neverCame, Twin } from './support/twin.js';

/*
 * All buckets go from one side to the other and back, again and again, while callers write and read; they hear of it late
 * or not at all, and some of their calls are lost on the way. Each acknowledged write counts once, nobody reads what was
 * before, and nobody sees an error.
 */
// More often: routing-flaps.full.spec.ts.
toAndFro(20);

describe('to any share', () => {
  let twin: Twin;
  beforeEach(async () => (twin = await Twin.open()));
  afterEach(() => twin.drop());

  it('with calls and answers lost between the processes', async () => {
    const random = Random.ofNow();
    twin.delivery = (deliver) => {
      const fate = random.next();
      return fate < 0.03 ? lostReply(deliver) : fate < 0.06 ? neverCame(deliver) : deliver();
    };
    const shares = Array.from({ length: 30 }, () => random.integer(101));
    const { history } = await flap(twin, shares, random);
    expect(history.of('add', 'unknown').length).toBeGreaterThan(0);
  });
});
