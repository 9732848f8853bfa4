import type { Side } from '../routes/phase.js';
import type { Counted } from './binomial.js';
import type { Calls, Comparisons } from './evidence.js';
import { above, percentile, sizeOf } from './histogram.js';
import { shareOf, type Population } from './judgement.js';

/** Below this, in ms, nobody feels how many times slower one side is: a call over the network takes its millisecond. */
const unfeltMs = 25;
/**
 * By its definition one of a hundred calls is slower than the 99th percentile; as many again are allowed for chance.
 *
 * @internal
 */
export const slowShare = 0.02;
/** Of fewer calls the 99th percentile says nothing. */
const fewest = 50;

const nothing: Counted = { n: 0, bad: 0 };

/**
 * What is measured of one population, with the figure that people see.
 *
 * @internal
 */
export type Measure = Population & { value: number | null };
/** Calls to both sides. */
export type CallsBySide = Readonly<Record<Side, Calls>>;

/**
 * The share of the compared answers that differ.
 *
 * @internal
 */
export function mismatchShare({ compared, mismatches: bad }: Comparisons): Measure {
  const now = { n: compared, bad };
  return { now, old: nothing, value: shareOf(now) };
}

/**
 * The share of the new side's calls that fail; `alone`: the old side has no calls left to be compared with.
 *
 * @internal
 */
export function errorShare(all: CallsBySide, recent: CallsBySide, alone: boolean): Measure {
  const old = ({ monolith }: CallsBySide): Counted => (alone ? nothing : failed(monolith));
  const now = failed(all.extracted);
  return {
    now,
    old: old(all),
    recent: { now: failed(recent.extracted), old: old(recent) },
    value: shareOf(now),
  };
}

const failed = ({ calls, errors }: Calls): Counted => ({ n: calls, bad: errors });

/**
 * The share of the new side's calls that are slower than `ratio` times the old side's 99th percentile, to be judged by
 * {@link slowShare}; the figure is how many times slower its own 99th percentile is.
 *
 * @internal
 */
export function slowness({ monolith, extracted }: CallsBySide, ratio: number): Measure {
  const [was, is] = [percentile(monolith.latency, 0.99), percentile(extracted.latency, 0.99)];
  const n = sizeOf(extracted.latency);
  if (was === null || is === null || sizeOf(monolith.latency) < fewest) {
    return { now: nothing, old: nothing, value: null };
  }
  const allowedMs = Math.max(was, unfeltMs) * ratio;
  const bad = n < fewest ? 0 : above(extracted.latency, allowedMs);
  return {
    now: { n, bad },
    old: nothing,
    value: Math.max(is, unfeltMs) / Math.max(was, unfeltMs),
  };
}
