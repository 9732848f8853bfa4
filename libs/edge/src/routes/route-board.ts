import { defaultSettings, routeSettingsOf, type RouteWish } from 'nestjs-strangler/internal';
import { Logger } from '@nestjs/common';
import type { RouteRow } from './decide.js';
import { noteOnWrites, type Standing } from './choose.js';
import { standingOf } from './replaced.js';
import type { RouteStore } from './store.js';

/** How often the rows are read again, in ms: so long a gateway may go on by what another one has changed. */
const pollMs = 250;

/** A route of the file, and where it stands. */
export interface BoardEntry {
  /** With what an operator gave to `run`. */
  route: RouteWish;
  row: RouteRow;
  /** Where its requests go by now. */
  at: Standing;
}

/**
 * The routes that a gateway goes by: what they are stands in its file, where they stand in the database. While that cannot be
 * read, what was read last counts.
 */
export class RouteBoard {
  private readonly logger = new Logger('edge routes');
  private wishes: readonly RouteWish[] = [];
  private rows: ReadonlyMap<string, RouteRow> = new Map();
  private known: readonly BoardEntry[] = [];
  private timer: NodeJS.Timeout | undefined;
  private failing = false;

  constructor(private readonly store: RouteStore) {}

  /** All routes of the file. */
  get entries(): readonly BoardEntry[] {
    return this.known;
  }

  /** By the path as the file writes it. */
  entryOf(path: string): BoardEntry | undefined {
    return this.known.find(({ route }) => route.path === path);
  }

  /** Whether the rows could not be read the last time. */
  get isBlind(): boolean {
    return this.failing;
  }

  /** Takes what the file says now. */
  async follow(wishes: readonly RouteWish[]): Promise<void> {
    this.wishes = wishes;
    this.join();
    for (const each of wishes) {
      const note = noteOnWrites(each);
      if (note !== undefined) this.logger.log(note);
    }
    await this.read();
  }

  /** Begins to read the rows again and again. */
  start(): void {
    let reading = false;
    this.timer = setInterval(() => {
      if (reading) return;
      reading = true;
      void this.read().finally(() => (reading = false));
    }, pollMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Reads the rows now; keeps those of before when that fails. */
  async read(): Promise<void> {
    if (this.wishes.length === 0) return;
    try {
      const missing = this.wishes.filter(({ path }) => !this.rows.has(path));
      if (missing.length > 0) await this.store.ensure(missing.map(({ path }) => path));
      this.rows = await this.latest();
      this.join();
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        this.logger.warn({ msg: 'not read; what was read last counts', error: String(error) });
      this.failing = true;
    }
  }

  /** The rows of the database, which may have been put back: what was seen last counts before what is older. */
  private async latest(): Promise<ReadonlyMap<string, RouteRow>> {
    const stored = await this.stored();
    const lost = this.known.filter(({ row }) => row.version > (stored.get(row.path)?.version ?? 0));
    if (lost.length === 0) return stored;
    for (const { row } of lost) await this.store.putBack(row);
    return this.stored();
  }

  private async stored(): Promise<ReadonlyMap<string, RouteRow>> {
    return new Map((await this.store.all()).map((row) => [row.path, row]));
  }

  private join(): void {
    this.known = this.wishes.flatMap((wish) => {
      const row = this.rows.get(wish.path);
      if (!row) return [];
      const at = standingOf(row, wish);
      return [{ row, at, route: { ...wish, ...routeSettingsOf(row.run, wish, defaultSettings) } }];
    });
  }
}
