import type { MigrationState, Turn } from './owner-migrations.js';
import type { Later } from './unhurried.js';

/** A migration of rows that nobody gets on with. */
export interface StuckMigration {
  name: string;
  /** For how long it has been so, in ms, as the process that answers has seen it. */
  stuckMs: number;
  /** What the process was told when it tried last; null: it had to wait. */
  problem: string | null;
  /** What it had to wait for then; null: it failed. Left out: it is of a process that does not say. */
  waitsFor?: Later | null;
}

/** A migration of rows that is not done yet. */
export interface OpenMigration extends MigrationState {
  /** What it waits for, or how it failed, as the process that answers has seen it; null: it goes on. */
  waitsFor: string | null;
}

/** What it waits for, in words. */
export const laterWords: Readonly<Record<Later, string>> = {
  taken: 'another process, which is at it',
  behind: 'the other side, which has not stored what was written before',
  locked: 'whoever holds a lock on the table',
  'handed over': 'a hand-off',
  unproven: 'this side to prove itself',
};

/** Longer waits are no wait for a customer, a hand-off or a busy copy, in ms. */
const limitMs = 60_000;

/** How long a process has seen that nobody gets on with a migration of rows, by a clock that nobody sets. */
export class MigrationWatch {
  private seen: (NonNullable<Turn['open']> & { since: number; problem: string | null }) | undefined;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** What a turn has come to. */
  see({ open }: Pick<Turn, 'open'>): void {
    const same = open?.name === this.seen?.name && open?.place === this.seen?.place;
    if (same && this.seen) Object.assign(this.seen, open, { problem: null });
    else this.seen = open ? { ...open, since: this.now(), problem: null } : undefined;
  }

  /** A turn has failed. Whether that is news. */
  failed(problem: string): boolean {
    const isNews = this.seen?.problem !== problem;
    this.seen ??= { name: 'the next one', place: '', since: this.now(), problem, waitsFor: null };
    Object.assign(this.seen, { problem, waitsFor: null });
    return isNews;
  }

  /** The same migrations, with what the first of them waited for when it was tried last. The others wait for that one. */
  waiting(open: readonly MigrationState[]): OpenMigration[] {
    const { problem = null, waitsFor = null } = this.seen ?? {};
    const first = problem ?? (waitsFor && laterWords[waitsFor]);
    return open.map((each, place) => ({ ...each, waitsFor: place === 0 ? first : open[0]!.name }));
  }

  get stuck(): StuckMigration | null {
    if (!this.seen) return null;
    const { name, since, problem, waitsFor } = this.seen;
    const stuckMs = this.now() - since;
    return stuckMs > limitMs ? { name, stuckMs, problem, waitsFor } : null;
  }
}
