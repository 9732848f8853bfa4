import type { Stretch } from './stretch.js';

const columns = [
  ['phase', -24],
  ['time', 9],
  ['orders', 8],
  ['p50', 11],
  ['p99', 11],
  ['errors', 8],
  ['lag', 11],
  ['pause', 11],
] as const;

/** The line above the stretches. */
export const stretchHead = (): string => row(columns.map(([name]) => name));

/** One line for a stretch. */
export function stretchText({ place, seconds, orders, latency, errors, lagMs, pauseMs }: Stretch): string {
  return row([
    place,
    `${seconds.toFixed(1)} s`,
    orders.toLocaleString('en-GB'),
    milliseconds(latency.p50),
    milliseconds(latency.p99),
    String(errors),
    milliseconds(lagMs),
    milliseconds(pauseMs),
  ]);
}

/** A time in ms for people; short ones with a decimal. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return '–';
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en-GB')} ms`;
}

const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => {
      const width = columns[i]?.[1] ?? 0;
      return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
    })
    .join('');
