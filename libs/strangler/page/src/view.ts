import { keptMs } from '../../src/evidence/time-steps.js';

/** The part of the past that is looked at. */
export interface View {
  minutes: number;
  /** Its end, ms since 1970; null: now, and it moves on. */
  until: number | null;
}

const shortestMinutes = 1;
const longestMinutes = keptMs / 60_000;

/** What lies between two moments, in s since 1970: whole minutes, from the later one back. Pure. */
export const between = (from: number, to: number): View => ({
  minutes: Math.min(longestMinutes, Math.max(shortestMinutes, Math.ceil((to - from) / 60))),
  until: to * 1_000,
});

/** Half of it earlier or later; what would end after `now` (ms since 1970) moves on with it. Pure. */
export function moved({ minutes, until }: View, by: 'earlier' | 'later', now: number): View {
  const stepMs = minutes * 30_000 * (by === 'earlier' ? -1 : 1);
  const end = (until ?? now) + stepMs;
  return { minutes, until: end >= now ? null : end };
}

/** Whether something is kept that is earlier than what is shown. `now`: ms since 1970. Pure. */
export const hasEarlier = ({ minutes, until }: View, now: number): boolean =>
  (until ?? now) - minutes * 60_000 > now - keptMs;

/** As the admin API is asked for it. Pure. */
export const questionOf = ({ minutes, until }: View): string =>
  `minutes=${minutes}${until === null ? '' : `&until=${new Date(until).toISOString()}`}`;
