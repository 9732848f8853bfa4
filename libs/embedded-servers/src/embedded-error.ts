/**
 * What stops the embedded servers, as one sentence that says what to do.
 *
 * @example
 * ```ts
 * const sentenceFor = (error: unknown) => (error instanceof EmbeddedError ? error.message : String(error));
 * ```
 */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError';
}

/** A server that ended before it was ready: worth another try, because a port or a lock may have been the cause. */
export class ServerEnded extends EmbeddedError {}

const PLAIN_WORDS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EEXIST: 'it is not a folder',
  ENOTDIR: 'it is not a folder',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
};

/** The code of a system error such as `ENOENT`, if it is one. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** The reason in an error, in words for the person at the terminal. */
export function reasonOf(error: unknown): string {
  return PLAIN_WORDS[codeOf(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
}
