import { openSync, readFileSync, statSync, truncateSync } from 'node:fs';

const MAX_LOG_BYTES = 10_000_000;

/** Opens a log to append to; one that has grown large begins anew. */
export function openLog(path: string): number {
  if (sizeOf(path) > MAX_LOG_BYTES) truncateSync(path);
  return openSync(path, 'a', 0o600);
}

/** How long the log is now, in bytes; to be given to `complaintIn` later. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** What a server said about its end: the last fatal line since `offset`, else its last line. */
export function complaintIn(path: string, offset = 0): string {
  const lines = readFileSync(path).subarray(offset).toString('utf8').trim().split('\n');
  const fatal =
    lines.findLast((line) => /^(?!\s+at ).*(FATAL|PANIC|\[FTL\]|[Ee]rror)/.test(line)) ?? lines.at(-1) ?? '';
  return (
    fatal.replace(/^.*?(FATAL|PANIC|\[FTL\]|[Ee]rror):?\s+/, '').trim() || 'it says nothing about the reason'
  );
}
