import { Logger } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import type { Routes } from '../routes.js';
import { parseWishes, WishesError } from './wishes.js';

/**
 * The text itself is compared: editors replace files, some file systems tell nobody of a change, and modification times
 * miss what was written between our first look and the first look at them.
 */
const pollMs = 250;

/** Lets `strangler.yaml` steer the routes of this process, without a restart. */
export class WishesFile {
  private readonly logger = new Logger('strangler.yaml');
  /** The text that we looked at last; `undefined`: there was none. */
  private seen: string | undefined;
  private complained = '';

  constructor(
    private readonly path: string,
    private readonly modules: readonly string[],
    private readonly routes: Routes,
  ) {}

  /** Reads the file; a missing one means that every module is on `monolith`. @throws {WishesError} */
  async load(): Promise<void> {
    this.seen = await this.read();
    this.take(this.seen ?? '');
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
    const before = this.routes.snapshot();
    try {
      const text = await this.read();
      if (text === this.seen) return;
      this.seen = text;
      // Who writes a file anew empties it or takes it away for a moment: calls must not move because of that.
      if (text === undefined) throw new WishesError(`${this.path} is gone`);
      if (text.trim() === '') throw new WishesError(`${this.path} is empty`);
      this.take(text);
      this.complained = '';
    } catch (error) {
      this.complain((error as Error).message);
      return;
    }
    for (const [module, phase] of Object.entries(this.routes.snapshot())) {
      if (before[module] !== phase) this.logger.log(`${module}: ${before[module]} -> ${phase}`);
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

  private take(text: string): void {
    this.routes.replace(parseWishes(text, this.modules));
  }
}
