import { flap, toAndFro } from '../support/flap.js';
import { Random } from '../support/random.js';
import { lostReply, neverCame, Twin } from '../support/twin.js';

/*
 * All buckets go from one side to the other and back, again and again, while callers write and read; they hear of it late
 * or not at all, and some of their calls are lost on the way. Each acknowledged write counts once, nobody reads what was
 * before, and nobody sees an error.
 */
// More often: routing-flaps.full.spec.ts.
toAndFro(20, new Random(20));

describe('to any share', () => {
  let twin: Twin;
  beforeEach(async () => (twin = await Twin.open()));
  afterEach(() => twin.close());

  it('with calls and answers lost between the processes', async () => {
    const random = new Random(30);
    twin.delivery = (deliver) => {
      const fate = random.next();
      return fate < 0.03 ? lostReply(deliver) : fate < 0.06 ? neverCame(deliver) : deliver();
    };
    // The last one leaves both with something to ask of each other, until an answer to a write was lost.
    const shares = [...Array.from({ length: 29 }, () => random.integer(101)), 50];
    const { history } = await flap(
      twin,
      shares,
      random,
      (ledger) => ledger.history.of('add', 'unknown').length > 0,
    );
    expect(history.of('add', 'unknown').length).toBeGreaterThan(0);
  });
});
