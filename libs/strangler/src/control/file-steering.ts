import { isDeepStrictEqual } from 'node:util';
import type { ModuleRow, RowChange } from './module-row.js';
import { defaultSettings, type ModuleSettings } from './settings.js';
import type { FileWish } from './wishes.js';

/**
 * What the file changes in a module's row; undefined: nothing. `before` is what this process read earlier: a wish that was
 * changed by hand also frees a module that went back by itself. A module that is taken out of the file stays where it is.
 */
export function steeredBy(
  wish: FileWish | undefined,
  before: FileWish | undefined,
  row: ModuleRow,
  { path, now }: { path: string; now: number },
): RowChange | undefined {
  if (!wish) return released(row);
  const { phase, percent, line, ...settings } = wish;
  const wanted = { phase, percent, by: 'file', actor: `${path}:${line}`, since: now } as const;
  const edited = before !== undefined && (before.phase !== phase || before.percent !== percent);
  const same =
    row.wanted.by === 'file' &&
    row.wanted.phase === phase &&
    row.wanted.percent === percent &&
    isDeepStrictEqual(row.settings, settings);
  if (same && !edited) return undefined;
  // Gone back by itself: read again at a start, the file says nothing new.
  if (row.paused === 'up' && !edited) return sameSettings(row, settings) ? undefined : { settings };
  const free = row.paused === 'up' ? { paused: null, pauseReason: null } : {};
  return { wanted, settings, ...free };
}

const sameSettings = (row: ModuleRow, settings: ModuleSettings): boolean =>
  isDeepStrictEqual(row.settings, settings);

function released(row: ModuleRow): RowChange | undefined {
  if (row.wanted.by === 'operator') return undefined;
  return { wanted: { ...row.wanted, by: 'operator' }, settings: defaultSettings };
}
