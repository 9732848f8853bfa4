import { until } from '../../support/until.js';
import { Crowd } from './caller.js';
import { check, Ledger } from './ledger.js';
import { Random } from './random.js';
import { places, Twin } from './twin.js';

const names = Array.from({ length: 12 }, (_, i) => `F-${i}`);

/**
 * Hands off to each share in turn while callers write and read, of which half the processes hear; then holds all against the ledger. They go on
 * until it holds what is wanted of it.
 */
export async function flap(
  twin: Twin,
  percents: readonly number[],
  random: Random,
  wanted: (ledger: Ledger) => boolean = () => true,
): Promise<Ledger> {
  const crowd = new Crowd(twin, new Ledger(random.seed), names, 4);
  for (const percent of percents) {
    expect(await twin.handOff(percent)).toMatchObject({ outcome: 'done' });
    twin.tell(
      percent * 100,
      places.filter(() => random.next() < 0.5),
    );
  }
  await until('what is wanted has happened', () => wanted(crowd.ledger) || undefined);
  await crowd.stop();
  await check(twin, crowd.ledger);
  return crowd.ledger;
}

/** Describes all buckets on their way to and fro, so many times. */
export const toAndFro = (times: number, random: Random): void =>
  describe('0 to 100 % and back', () => {
    let twin: Twin;
    beforeEach(async () => (twin = await Twin.open()));
    afterEach(() => twin.close());

    it(`${times} times`, async () => {
      const percents = Array.from({ length: times }, (_, i) => (i % 2 === 0 ? 100 : 0));
      await flap(twin, percents, random);
    });
  });
