import type { Turn } from './owner-migrations.js';

/** A migration of rows that nobody gets on with. */
export interface StuckMigration {
  name: string;
  /** For how long it has been so, in ms, as the process that answers has seen it. */
  stuckMs: number;
  /** What the process was told when it tried last; null: it had to wait. */
  problem: string | null;
}

/** Longer waits are no wait for a customer, a hand-off or a busy copy, in ms. */
const limitMs = 60_000;

/** How long a process has seen that nobody gets on with a migration of rows, by a clock that nobody sets. */
export class MigrationWatch {
  private seen: (NonNullable<Turn['open']> & { since: number; problem: string | null }) | undefined;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** What a turn has come to. */
  see({ open }: Pick<Turn, 'open'>): void {
    const same = open?.name === this.seen?.name && open?.place === this.seen?.place;
    if (same && this.seen) this.seen.problem = null;
    else this.seen = open ? { ...open, since: this.now(), problem: null } : undefined;
  }

  /** A turn has failed. */
  failed(problem: string): void {
    this.seen ??= { name: 'the next one', place: '', since: this.now(), problem };
    this.seen.problem = problem;
  }

  get stuck(): StuckMigration | null {
    if (!this.seen) return null;
    const { name, since, problem } = this.seen;
    const stuckMs = this.now() - since;
    return stuckMs > limitMs ? { name, stuckMs, problem } : null;
  }
}
