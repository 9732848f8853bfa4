import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { WishesError, type FileWish } from './wishes.js';

/**
 * The text itself is compared: editors replace files, some file systems tell nobody of a change, and modification times
 * miss what was written between our first look and the first look at them.
 */
const pollMs = 250;

/** What the file wants of the modules that stand in it; those that it leaves out are steered by hand. */
export type Wishes = ReadonlyMap<string, FileWish>;

/** What a process has read. */
export interface FileReading {
  path: string;
  /** Of the text; null: there is none. */
  hash: string | null;
  /** By `performance.now()`. */
  readAt: number;
  /** Why the text is refused, with its line; null: it is not, or there is no file. */
  problem: string | null;
}

/** Tells one text from another. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Reads `strangler.yaml`, and tells of its changes without a restart. What is refused changes nothing.
 *
 * @internal
 */
export class WishesFile<T = Wishes> {
  private readonly logger = new Logger('strangler.yaml');
  /** The text that we looked at last; `undefined`: there was none. */
  private seen: string | undefined;
  /** Whether the last look could not read it: the next one that can takes the same text again. */
  private unread = false;
  private known: FileReading;
  private busy: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    /** What a text wants. @throws {WishesError} when it is refused. */
    private readonly parse: (text: string) => T,
    /** Is told of each text that is read: what it wants; undefined: it is refused, and what was wanted before counts. */
    private readonly listener: (wishes: T | undefined, reading: FileReading) => void,
  ) {
    this.known = { path, hash: null, readAt: performance.now(), problem: null };
  }

  /** What was read last. */
  get reading(): FileReading {
    return this.known;
  }

  /**
   * Reads the file for the first time; a wrong one leaves the modules to what was read before. A missing or empty one steers no module,
   * and is refused where a file is expected because it has steered some: an approval or a limit must not vanish with it.
   */
  async load(expected: boolean): Promise<void> {
    try {
      this.seen = await this.read();
      this.take(expected ? written(this.seen) : (this.seen ?? ''));
    } catch (error) {
      this.refuse(error as Error);
    }
  }

  /** Follows the file until the returned function is called. A file that is wrong, empty or gone says so, once. */
  watch(): () => void {
    let looking = false;
    const timer = setInterval(() => {
      if (looking) return;
      looking = true;
      void this.look().finally(() => (looking = false));
    }, pollMs).unref();
    return () => clearInterval(timer);
  }

  /** Reads the file anew if it has changed. */
  look(): Promise<void> {
    return (this.busy = this.busy.then(() => this.lookOnce()));
  }

  private async lookOnce(): Promise<void> {
    try {
      const text = await this.read().catch((error: unknown) => {
        this.unread = true;
        throw error;
      });
      if (text === this.seen && !this.unread) return;
      [this.seen, this.unread] = [text, false];
      // Who writes a file anew empties it or takes it away for a moment: calls must not move because of that.
      this.take(written(text));
      this.logger.log('changed, and in force');
    } catch (error) {
      this.refuse(error as Error);
    }
  }

  private take(text: string): void {
    this.tell(null, this.parse(text));
  }

  private refuse(error: Error): void {
    const line = error instanceof WishesError && error.line !== null ? ` line ${error.line}` : '';
    const problem = `${this.path}${line} refused: ${error.message}`;
    if (problem === this.known.problem) return;
    this.logger.error(`${problem}; what was in force before stays in force`);
    this.tell(problem, undefined);
  }

  private tell(problem: string | null, wishes: T | undefined): void {
    const hash = this.seen === undefined ? null : hashOf(this.seen);
    this.known = { path: this.path, hash, readAt: performance.now(), problem };
    this.listener(wishes, this.known);
  }

  /** The text of the file; `undefined` when there is none. @throws {WishesError} */
  private read(): Promise<string | undefined> {
    return readFile(this.path, 'utf8').catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw new WishesError(`it cannot be read (${code ?? message})`);
    });
  }
}

/** The text of a file in which something stands. @throws {WishesError} */
function written(text: string | undefined): string {
  if (text === undefined) throw new WishesError('it is gone');
  if (text.trim() === '') throw new WishesError('it is empty');
  return text;
}
