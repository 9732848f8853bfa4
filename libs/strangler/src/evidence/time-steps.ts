/** How long windows are kept, in ms: what is older was not seen by anybody who could be asked. */
export const keptMs = 24 * 3_600_000;
/** Windows at rest are so long, in s: a step holds a whole number of them. */
export const slotSeconds = 10;
/** Within so many steps a range is shown. */
export const mostSteps = 150;
/** Processes write down what they have seen once a second: a step that ended less than so many ms ago may lack some. */
const unwrittenMs = 2_000;

/** From one moment up to another, ms since 1970. */
export interface TimeRange {
  from: number;
  until: number;
}

/** Steps of time that follow each other without gaps. */
export interface TimeSteps {
  /** The beginning of each, s since 1970. */
  at: readonly number[];
  stepSeconds: number;
}

/** The last `minutes` before `until`, as far as they have been and are kept. Pure. */
export function keptRange(minutes: number, until: number | null, now: number): TimeRange {
  const oldest = now - keptMs;
  const end = Math.max(oldest, Math.min(until ?? now, now));
  return { from: Math.max(oldest, end - minutes * 60_000), until: end };
}

/** How long a step is, in s, for a range of so many minutes: a multiple of ten. */
export const stepSecondsFor = (minutes: number): number =>
  slotSeconds * Math.ceil((minutes * 60) / mostSteps / slotSeconds);

/**
 * The steps that lie in the range as a whole and are written down. They begin at multiples of their length, so that a range that moves on
 * has the same ones. Pure.
 */
export function stepsIn({ from, until }: TimeRange, stepSeconds: number, now: number): TimeSteps {
  const stepMs = stepSeconds * 1_000;
  const first = Math.ceil(from / stepMs);
  const end = Math.floor(Math.min(until, now - unwrittenMs) / stepMs);
  const at = Array.from({ length: Math.max(0, end - first) }, (_, i) => (first + i) * stepSeconds);
  return { at, stepSeconds };
}
