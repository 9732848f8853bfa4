import { openSync, readFileSync, statSync } from 'node:fs';

const MAX_LOG_BYTES = 10_000_000;

/** Opens a log to append to; one that has grown large begins anew. The servers write to it themselves, so that it survives the keeper. */
export function openLog(path: string): number {
  return openSync(path, sizeOf(path) > MAX_LOG_BYTES ? 'w' : 'a', 0o600);
}

/** How long the log is now, in bytes; to be given to `complaintIn` later. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** What a server said about its end: the last fatal line since `offset`, else its last line. */
export function complaintIn(path: string, offset = 0): string {
  const lines = readFileSync(path).subarray(offset).toString('utf8').trim().split('\n');
  const fatal = lines.findLast((line) => /FATAL|PANIC|\[FTL\]|error/.test(line)) ?? lines.at(-1) ?? '';
  return (
    fatal.replace(/^.*?(FATAL|PANIC|\[FTL\]|error):?\s+/, '').trim() || 'it says nothing about the reason'
  );
}
