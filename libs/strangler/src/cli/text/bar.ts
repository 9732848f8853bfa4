import type { Line, Style } from './line.js';
import { duration, number, percent, share } from './figures.js';

/** How far something has come. */
export interface Progress {
  done: number;
  total: number;
  rowsPerSecond?: number | null;
  etaSeconds: number | null;
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * A bar of which `part` (0 to 1) is filled, exact to an eighth of a column; the smallest part shows as a sliver, and only all
 * of it as full.
 */
export function bar(part: number, width: number, style: Style): Line {
  const all = width * 8;
  const exact = Math.round(part * all);
  const filled = part > 0 && part < 1 ? Math.min(all - 1, Math.max(1, exact)) : exact;
  const text = '█'.repeat(Math.floor(filled / 8)) + (eighths[filled % 8] ?? '');
  return [
    { text, style },
    { text: '░'.repeat(width - text.length), style: 'dim' },
  ];
}

/** Before it is known how much there is to do. */
export const counting = 'counting the rows';

/** A bar with figures: `████░░░░  63 %  1,260 of 2,000 rows · 12,000/s · 4 s left`. */
export function progressLine({ done, total, rowsPerSecond, etaSeconds }: Progress, width = 20): Line {
  if (total === 0) return [{ text: counting, style: 'dim' }];
  const part = share(done, total);
  const figures = [
    `${number(done)} of ${number(total)} rows`,
    rowsPerSecond == null ? '' : `${number(rowsPerSecond)}/s`,
    etaSeconds === null ? '' : `${duration(etaSeconds)} left`,
  ];
  return [
    ...bar(part, width, 'cyan'),
    { text: `  ${percent(part).padStart(5)}  ` },
    { text: figures.filter((text) => text !== '').join(' · ') },
  ];
}
