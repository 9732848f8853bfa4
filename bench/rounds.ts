/** One of the things compared. */
export interface Contender {
  name: string;
  /** Works for about so many ms, or until a fixed piece of work is done. Resolves with the units that it did per second. */
  rate(ms: number): Promise<number>;
}

/** How long and how often. */
export interface Pace {
  rounds: number;
  /** Of one contender in one round. */
  ms: number;
}

/** Enough to see that a benchmark works; its figures mean nothing. */
export const glance: Pace = { rounds: 3, ms: 300 };

/** Units per second of each contender, a figure for each round. */
export type Rates = Record<string, number[]>;

/**
 * Runs all contenders in turn, round after round, so that a slow moment of the machine meets all of them; every second
 * round the other way round, so that nobody gains by his place.
 */
export async function alternate(contenders: readonly Contender[], { rounds, ms }: Pace): Promise<Rates> {
  const rates: Rates = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (const contender of contenders) await contender.rate(ms / 2);
  for (let round = 1; round <= rounds; round++) {
    for (const contender of round % 2 ? contenders : contenders.toReversed()) {
      tell(`round ${round} of ${rounds}: ${contender.name}`);
      rates[contender.name]?.push(await contender.rate(ms));
    }
  }
  tell('');
  return rates;
}

/** One line that is written over, for people who wait. */
function tell(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${line}\x1b[K`);
}

/** A contender that does one unit of work after the other in each of so many lanes; `once` is told in which. */
export const inLanes = (
  name: string,
  lanes: number,
  once: (lane: number) => Promise<unknown>,
): Contender => ({
  name,
  rate: async (ms) => {
    let done = 0;
    const start = performance.now();
    const run = async (lane: number) => {
      while (performance.now() - start < ms) {
        await once(lane);
        done++;
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, lane) => run(lane)));
    return (done / (performance.now() - start)) * 1_000;
  },
});

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** The median of the rounds' ratios: each compares two neighbours in time. */
export const ratio = (rates: Rates, ours: string, theirs: string): number =>
  median((rates[ours] ?? []).map((value, round) => value / (rates[theirs]?.[round] ?? NaN)));
