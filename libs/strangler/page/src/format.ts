import { duration } from '../../src/cli/text/figures.js';

/** Of 100, in the reader's way; a share that is not 0 is never shown as 0. */
export const percent = (share: number): string =>
  share > 0 && share < 0.01
    ? `< ${(0.01).toLocaleString()} %`
    : `${share.toLocaleString(undefined, { maximumFractionDigits: 2 })} %`;

/** How far a work is, in whole percent, which are not reached before it is. Pure. */
export const shareDone = ({ done, total }: { done: number; total: number }): number =>
  total === 0 ? 0 : Math.min(100, Math.floor((done / total) * 100));

/** A time of today without its day. */
export function time(at: string | number, now = new Date()): string {
  const date = new Date(at);
  const isToday = date.toDateString() === now.toDateString();
  return date.toLocaleString(
    undefined,
    isToday ? { timeStyle: 'medium' } : { dateStyle: 'short', timeStyle: 'medium' },
  );
}

/** For how long it has been so. */
export const age = (ms: number): string => duration(Math.max(0, ms) / 1_000);
