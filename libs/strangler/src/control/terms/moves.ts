import { buckets } from '../../routes/bucket.js';
import type { Phase } from '../../routes/phase.js';
import type { HistoryEntry } from './views.js';

/** A step of a module that has ended, as its history has it: to another phase, or a hand-off. */
export interface Move extends Pick<HistoryEntry, 'from' | 'to' | 'outcome' | 'figures'> {
  /** ms since 1970. */
  at: number;
}

/** A phase in which a module was, ms since 1970. */
export interface Band {
  from: number;
  until: number;
  phase: Phase;
}

/** Buckets that changed their owner, or should have. */
export interface Mark {
  /** When it had ended, ms since 1970. */
  at: number;
  /** Share of the keys that belonged to `extracted` before and after, in percent; the same: it was taken back. */
  from: number;
  to: number;
  /** For how long writers were held, in ms; null: nobody has measured it. */
  pauseMs: number | null;
}

/** A comparison of all rows that has ended. */
export interface Verified {
  /** ms since 1970. */
  at: number;
  rows: number;
  differences: number;
}

/** The phases of a range, without gaps. `moves`: all since it began, the oldest first. `present`: the phase now. Pure. */
export function bandsOf(
  range: { from: number; until: number },
  moves: readonly Move[],
  present: Phase,
): Band[] {
  const changes = moves.filter(({ from, to, outcome }) => outcome === 'done' && from !== to);
  const begins = [
    { at: range.from, phase: changes[0]?.from ?? present },
    ...changes.map(({ at, to }) => ({ at, phase: to })),
  ];
  const bands = begins.map(({ at, phase }, i) => ({
    from: Math.max(range.from, at),
    until: Math.min(range.until, begins[i + 1]?.at ?? range.until),
    phase,
  }));
  return bands.filter(({ from, until }) => from < until);
}

/** The hand-offs of a range. Pure. */
export function marksOf({ from, until }: { from: number; until: number }, moves: readonly Move[]): Mark[] {
  return moves.filter(({ at }) => at >= from && at <= until).flatMap(markOf);
}

function markOf({ at, outcome, figures: { oldBelow, newBelow, fencedMs } }: Move): Mark[] {
  if (typeof oldBelow !== 'number' || typeof newBelow !== 'number') return [];
  const percentOf = (below: number) => (below * 100) / buckets;
  const to = percentOf(outcome === 'done' ? newBelow : oldBelow);
  return [{ at, from: percentOf(oldBelow), to, pauseMs: typeof fencedMs === 'number' ? fencedMs : null }];
}
