import { evidenceAbove, isAbove, isBelow, upperBound, upperDifference, type Counted } from './binomial.js';

/** What a population has shown: of the new side, and of the old one that it is compared with (n = 0: with the limit alone). */
export interface Population {
  now: Counted;
  old: Counted;
  /** Of the last ten seconds; left out: a burst is no reason to stop. */
  recent?: { now: Counted; old: Counted };
}

/** What is asked of a share. */
export interface Rule {
  /** How much larger than that of the old side it may be, 0 to 1. */
  limit: number;
  /** Fewer are no data; 0: nothing is asked for, and only what is clearly bad fails. */
  minSamples: number;
  /** How sure a decision to go on has to be, 0 to 1. */
  confidence: number;
}

export interface Judgement {
  state: 'pass' | 'hold' | 'fail';
  /** So many are needed, all together, if all goes on as it has. */
  needed: number;
  /** So many more of each population would be enough, without more of the other. */
  lacking: readonly number[];
  /** Of the decision; null: none yet, or it needs none. */
  confidence: number | null;
}

/** A decision to stop is this sure, however often it is asked for. */
const stopAlpha = 0.01;
/** An hour of looks at the last ten seconds, once a second, tells as much as so many that have nothing in common. */
const looksPerHour = 1_000;
/** Of an estimate that is as likely too low as too high. */
const even = 0.5;

/**
 * Judges each population by itself. `fail`: at least one of them is worse than the limit. `pass`: one of them is enough by
 * itself, and each that has shown something bad has also shown, with its own samples, that this is within the limit.
 *
 * @internal
 */
export function judge(populations: readonly Population[], rule: Rule): Judgement {
  const state = verdict(populations, rule);
  return { state, ...needsOf(populations, rule), confidence: confidenceOf(state, rule) };
}

function confidenceOf(state: Judgement['state'], rule: Rule): number | null {
  if (state === 'fail') return rule.limit > 0 ? 1 - stopAlpha : null;
  return state === 'pass' && isProven(rule) ? rule.confidence : null;
}

/** The state alone. */
export function verdict(populations: readonly Population[], rule: Rule): Judgement['state'] {
  if (populations.some((each) => breaks(each, rule))) return 'fail';
  if (rule.minSamples === 0) return 'pass';
  const shown = populations.every((each) => each.now.bad === 0 || holds(each, rule));
  return shown && enough(populations, rule) ? 'pass' : 'hold';
}

/** A share is proven by one population alone: the other one has other keys and other operations. A number is reached by both. */
const enough = (populations: readonly Population[], rule: Rule): boolean =>
  isProven(rule)
    ? populations.some((each) => each.now.n >= flawlessOf(each, rule))
    : sizeOf(populations) >= rule.minSamples;

const isProven = ({ limit, minSamples }: Rule): boolean => limit > 0 && limit < 1 && minSamples > 0;
const sizeOf = (populations: readonly Population[]): number =>
  populations.reduce((sum, { now }) => sum + now.n, 0);

/** Whether it is clearly worse than the limit. */
function breaks(population: Population, { limit }: Rule): boolean {
  return bursts(population, limit) || isClear(population, limit);
}

/**
 * Whether the last ten seconds were worse than the limit, by the lower 99 % bound. A share within the limit makes such bursts by
 * chance as well, the more often it is looked at: so one also has to be more than chance makes, in about one of a hundred hours, of
 * the share that was there before. After flawless calls each one is.
 */
export function bursts({ now, old, recent }: Population, limit: number): boolean {
  if (!recent) return false;
  const allowed = limit + Math.max(shareOf(recent.old) ?? 0, shareOf(old) ?? 0);
  if (recent.now.bad <= recent.now.n * allowed || !isAbove(recent.now, allowed, stopAlpha)) return false;
  const before = { n: now.n - recent.now.n, bad: now.bad - recent.now.bad };
  const usual = Math.min(allowed, upperBound(before, even));
  return isAbove(recent.now, usual, stopAlpha / looksPerHour);
}

/** Whether all that was seen shows that it is worse. */
function isClear({ now, old }: Population, limit: number): boolean {
  // What is seen no more often than allowed is no evidence against it.
  if (now.bad <= now.n * (limit + (shareOf(old) ?? 0))) return false;
  if (old.n === 0) return evidenceAbove(now, limit) > Math.log(1 / stopAlpha);
  // Half of the doubt is for the old side, which may be worse than it looks.
  const half = stopAlpha / 2;
  return evidenceAbove(now, limit + upperBound(old, half)) > Math.log(1 / half);
}

/**
 * Whether it is shown that it is within the limit. May be asked again and again: each bad one more is a stage of its own, and
 * the doubts of all stages add up to the one that is allowed.
 */
function holds({ now, old }: Population, { limit, confidence }: Rule): boolean {
  if (limit <= 0) return now.bad === 0;
  if (limit >= 1) return true;
  const alpha = doubtAt(now.bad, 1 - confidence);
  return old.n > 0 ? upperDifference(now, old, alpha) <= limit : isBelow(now, limit, alpha);
}

/** Four fifths of the doubt are for a sample without anything bad; the rest is for all others: 1/1 + 1/4 + 1/9 + … is π²/6. */
const doubtAt = (bad: number, doubt: number): number =>
  bad === 0 ? 0.8 * doubt : (0.2 * doubt * 6) / (Math.PI * bad) ** 2;

/** So many are needed, of all populations and of each, if all goes on as it has. */
function needsOf(populations: readonly Population[], rule: Rule): Pick<Judgement, 'needed' | 'lacking'> {
  const size = sizeOf(populations);
  if (!isProven(rule)) {
    const lacks = Math.max(0, rule.minSamples - size);
    return { needed: rule.minSamples, lacking: populations.map(() => lacks) };
  }
  // One with something bad has to grow in any case; then one of them has to be enough.
  const grown = populations.map((each) => (each.now.bad > 0 ? neededBy(each, rule) : each.now.n));
  const wanted = populations.map((each, i) =>
    Math.max(flawlessOf(each, rule), each.now.bad > 0 ? grown[i]! : 0),
  );
  const sum = grown.reduce((all, n) => all + n, 0);
  const rest = Math.min(...wanted.map((n, i) => n - grown[i]!));
  return {
    needed: sum + (sum > size ? Math.max(0, rest) : rest),
    lacking: wanted.map((n, i) => Math.max(0, n - populations[i]!.now.n)),
  };
}

/** By limit and confidence, which settings name: there are few. */
const knownFlawless = new Map<string, number>();

/** So many a population needs in which nothing is bad. */
function flawlessOf({ old }: Population, { limit, confidence, minSamples }: Rule): number {
  const compared = old.n > 0;
  const key = `${limit} ${confidence} ${compared}`;
  const ok = (n: number) =>
    holds({ now: { n, bad: 0 }, old: { n: compared ? n : 0, bad: 0 } }, { limit, confidence, minSamples });
  const found = knownFlawless.get(key) ?? atLeast(1, ok);
  knownFlawless.set(key, found);
  return Math.max(minSamples, found);
}

/** By one population alone; the old side is asked as often beside it as until now, and its share stays as it is. */
const neededBy = ({ now, old }: Population, rule: Rule): number =>
  atLeast(now.n, (n) => holds({ now: { n, bad: now.bad }, old: grown(old, n / now.n) }, rule));

const grown = ({ n, bad }: Counted, times: number): Counted => ({ n: n * times, bad: bad * times });

/** The end of the search: who needs more will not be helped by a number. */
const most = 2 ** 24;

/** The smallest number from `from` on for which it holds, and for all larger ones. */
function atLeast(from: number, ok: (n: number) => boolean): number {
  if (ok(from)) return from;
  let high = from;
  while (high < most && !ok(high)) high *= 2;
  let low = from;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (ok(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Null: nothing was seen. */
export const shareOf = ({ n, bad }: Counted): number | null => (n === 0 ? null : bad / n);
