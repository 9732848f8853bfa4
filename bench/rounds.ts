import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '#platform';

/** One of the things compared: `once` does one unit of work. */
export interface Contender {
  name: string;
  once: () => Promise<unknown>;
  /** Units under way at a time. */
  concurrency: number;
}

/** Units per second of each contender, a figure for each round. */
export type Rates = Record<string, number[]>;

/** Runs all contenders in turn, round after round, so that a slow moment of the machine meets all of them. */
export async function alternate(
  contenders: readonly Contender[],
  rounds: number,
  ms: number,
): Promise<Rates> {
  const rates: Rates = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (const contender of contenders) await rate(contender, ms / 2);
  for (let round = 1; round <= rounds; round++) {
    for (const contender of contenders) {
      process.stderr.write(`round ${round} of ${rounds}: ${contender.name}\x1b[K\r`);
      rates[contender.name]?.push(await rate(contender, ms));
    }
  }
  process.stderr.write('\x1b[K');
  return rates;
}

async function rate({ once, concurrency }: Contender, ms: number): Promise<number> {
  let done = 0;
  const start = performance.now();
  const lane = async () => {
    while (performance.now() - start < ms) {
      await once();
      done++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  return (done / (performance.now() - start)) * 1_000;
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** The median of the rounds' ratios: each compares two neighbours in time. */
export const ratio = (rates: Rates, ours: string, theirs: string): number =>
  median((rates[ours] ?? []).map((value, round) => value / (rates[theirs]?.[round] ?? NaN)));

/** A goal, what was reached, and whether that is enough. */
export interface Goal {
  goal: string;
  atLeast?: number;
  atMost?: number;
  reached: number;
}

const met = ({ atLeast = -Infinity, atMost = Infinity, reached }: Goal): boolean =>
  reached >= atLeast && reached <= atMost;

/** Prints rates and goals as tables and writes both to `bench/results/<name>.json`. Returns whether all goals are met. */
export async function report(name: string, rates: Rates, goals: readonly Goal[]): Promise<boolean> {
  for (const [contender, values] of Object.entries(rates)) {
    console.log(`${contender.padEnd(42)} ${Math.round(median(values)).toLocaleString('en').padStart(12)} /s`);
  }
  for (const goal of goals) {
    const bound = goal.atLeast === undefined ? `at most ${goal.atMost}` : `at least ${goal.atLeast}`;
    const reached = goal.reached.toFixed(2).padStart(8);
    console.log(`${met(goal) ? 'met   ' : 'MISSED'} ${goal.goal.padEnd(50)} ${reached}   (${bound})`);
  }
  const folder = join(projectRoot(), 'bench/results');
  await mkdir(folder, { recursive: true });
  const result = { name, at: new Date().toISOString(), node: process.version, rates, goals };
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  return goals.every(met);
}
