import { Logger } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { unwatchFile, watchFile, type Stats } from 'node:fs';
import type { Routes } from '../routes.js';
import { parseWishes, WishesError } from './wishes.js';

/** Polling: editors replace files and some file systems tell nobody, but every one has a modification time. */
const pollMs = 250;

/** Lets `strangler.yaml` steer the routes of this process, without a restart. */
export class WishesFile {
  private readonly logger = new Logger('strangler.yaml');

  constructor(
    private readonly path: string,
    private readonly modules: readonly string[],
    private readonly routes: Routes,
  ) {}

  /** Reads the file; a missing one means that every module is on `monolith`. @throws {WishesError} */
  async load(): Promise<void> {
    this.take((await this.read()) ?? '');
  }

  /**
   * Takes up changes until the returned function is called. A file that is wrong, empty or gone changes nothing and
   * says why.
   */
  watch(): () => void {
    // A file that was missing all along is no change, though Node reports it once.
    const changed = (now: Stats, before: Stats) => {
      if (now.mtimeMs !== before.mtimeMs) void this.reload();
    };
    watchFile(this.path, { interval: pollMs, persistent: false }, changed);
    return () => unwatchFile(this.path, changed);
  }

  private async reload(): Promise<void> {
    const before = this.routes.snapshot();
    try {
      const text = await this.read();
      // Who writes a file anew empties it or takes it away for a moment: calls must not move because of that.
      if (text === undefined) throw new WishesError(`${this.path} is gone`);
      if (text.trim() === '') throw new WishesError(`${this.path} is empty`);
      this.take(text);
    } catch (error) {
      this.logger.error(`not taken up, all stays as it was: ${(error as Error).message}`);
      return;
    }
    for (const [module, phase] of Object.entries(this.routes.snapshot())) {
      if (before[module] !== phase) this.logger.log(`${module}: ${before[module]} -> ${phase}`);
    }
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
