import { isDeepStrictEqual } from 'node:util';
import type { Filed, ModuleRow, RowChange } from '../store/module-row.js';
import type { FileWish } from '../config/wishes.js';

/**
 * What the file changes in a module's row; undefined: nothing. Only an edit moves a module: what the file said last stands in
 * the row, so a process that starts, or begins to lead, and reads the same does nothing. An edit also frees a module that
 * went back by itself. A module that is taken out of the file goes on as the file said last, with its limits and approvals.
 */
export function steeredBy(
  wish: FileWish | undefined,
  row: ModuleRow,
  { path, now }: { path: string; now: number },
): RowChange | undefined {
  if (!wish) return released(row);
  const { phase, percent, line, sources: lines, ...settings } = wish;
  const filed: Filed = { phase, percent, path, line };
  const sources = Object.fromEntries(Object.entries(lines).map(([key, where]) => [key, `${path} ${where}`]));
  const read = { filed, settings, sources };
  if (!edited(filed, row)) {
    const { filed: was, settings: had, sources: by } = row;
    return isDeepStrictEqual(read, { filed: was, settings: had, sources: by }) ? undefined : read;
  }
  const wanted = { phase, percent, by: 'file', actor: `${path}:${line}`, since: now } as const;
  const free = row.paused === 'up' ? { paused: null, pauseReason: null } : {};
  return { ...read, wanted, ...free };
}

/** A row of an older release does not say what it was told; as it is steered by the file, it is taken to be the same. */
function edited({ phase, percent }: Filed, { filed, wanted }: ModuleRow): boolean {
  if (wanted.by === 'operator') return true;
  return filed !== null && (filed.phase !== phase || filed.percent !== percent);
}

function released(row: ModuleRow): RowChange | undefined {
  if (row.wanted.by === 'operator' && !row.filed) return undefined;
  const sources = Object.fromEntries(
    Object.entries(row.sources).map(([key, where]) => [key, `${where}, taken out since`]),
  );
  return { wanted: { ...row.wanted, by: 'operator' }, filed: null, sources };
}
