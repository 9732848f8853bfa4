import { Logger } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { parseWishes, WishesError, type FileWish } from './wishes.js';

/**
 * The text itself is compared: editors replace files, some file systems tell nobody of a change, and modification times
 * miss what was written between our first look and the first look at them.
 */
const pollMs = 250;

/** What the file wants of the modules that stand in it; those that it leaves out are steered by hand. */
export type Wishes = ReadonlyMap<string, FileWish>;

/** Reads `strangler.yaml`, and tells of its changes without a restart. */
export class WishesFile {
  private readonly logger = new Logger('strangler.yaml');
  /** The text that we looked at last; `undefined`: there was none. */
  private seen: string | undefined;
  /** Whether the listener could not take it, so that the same text is told once more. */
  private missed = false;
  private busy = false;
  private complained = '';

  constructor(
    private readonly path: string,
    private readonly modules: readonly string[],
    private readonly listener: (wishes: Wishes) => void | Promise<void>,
  ) {}

  /** Reads the file and tells the listener; a missing one means that it steers no module. @throws {WishesError} */
  async load(): Promise<void> {
    this.seen = await this.read();
    await this.take(this.seen ?? '');
  }

  /**
   * Takes up changes until the returned function is called. A file that is wrong, empty or gone changes nothing and
   * says why, once.
   */
  watch(): () => void {
    const timer = setInterval(() => void this.reload(), pollMs).unref();
    return () => clearInterval(timer);
  }

  private async reload(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    await this.look();
    this.busy = false;
  }

  private async look(): Promise<void> {
    try {
      const text = await this.read();
      if (text === this.seen && !this.missed) return;
      this.seen = text;
      // Who writes a file anew empties it or takes it away for a moment: calls must not move because of that.
      this.missed = false;
      if (text === undefined) throw new WishesError(`${this.path} is gone`);
      if (text.trim() === '') throw new WishesError(`${this.path} is empty`);
      await this.take(text);
      this.complained = '';
      this.logger.log('taken up');
    } catch (error) {
      this.complain((error as Error).message);
    }
  }

  private complain(problem: string): void {
    if (problem !== this.complained) this.logger.error(`not taken up, all stays as it was: ${problem}`);
    this.complained = problem;
  }

  /** The text of the file; `undefined` when there is none. @throws {WishesError} */
  private read(): Promise<string | undefined> {
    return readFile(this.path, 'utf8').catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      throw new WishesError(`${this.path} cannot be read: ${code ?? message}`);
    });
  }

  private async take(text: string): Promise<void> {
    const wishes = parseWishes(text, this.modules);
    this.missed = true;
    await this.listener(wishes);
    this.missed = false;
  }
}
