import type { DestinationStream } from 'pino';

/** pino tells such a stream the level of the line that it writes. */
const metadata = Symbol.for('pino.metadata');

/** How long a line waits for others at most, in ms. */
export const longestMs = 10;

const warn = 40;
/** So many characters at most wait to be written. */
const most = 65_536;

/**
 * Writes the lines of {@link longestMs} at once: each write is a call of the kernel, which costs more than all else that a line
 * takes. A warning or an error, and what comes before it, is written before the program goes on; all of it is before it exits. Killed
 * (`SIGKILL`) it loses the lines of its last {@link longestMs}.
 */
export function inBatches(to: Pick<DestinationStream, 'write'>): DestinationStream {
  let text = '';
  let flushing: NodeJS.Timeout | undefined;
  function flushSync(): void {
    clearTimeout(flushing);
    flushing = undefined;
    const all = text;
    text = '';
    if (all !== '') to.write(all);
  }
  process.once('exit', flushSync);
  const stream = {
    [metadata]: true,
    lastLevel: 0,
    write: (line: string): void => {
      text += line;
      if (stream.lastLevel >= warn || text.length >= most) flushSync();
      else flushing ??= setTimeout(flushSync, longestMs).unref();
    },
    flushSync,
  };
  return stream;
}
