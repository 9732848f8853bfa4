import { randomUUID } from 'node:crypto';
import { Deliveries } from '#strangler/engine/replication/deliveries';
import { changesIn } from '#strangler/engine/replication/changes';
import { acknowledged, answeredAlone, answeredBefore, unwritten, waiting } from '../state.js';
import { keysOf } from './keys.js';
import { cells, type RealSide } from './real-side.js';

interface Waiter {
  parkedAt: number | undefined;
  abandon: () => void;
}

/** A client's write, and the process that holds its answer back. */
export class RealWrite {
  private outcome: 'waiting' | 'stored' | 'degraded' | 'unknown' | 'before' = 'waiting';
  private waits: { ask(): Promise<void>; waiters: Set<Waiter> } | undefined;
  readonly deliveries: Deliveries;

  private constructor(
    readonly side: RealSide,
    readonly ids: number[],
    start: string,
  ) {
    this.deliveries = new Deliveries(side.database, cells.module);
    if (ids.length === 0) {
      this.outcome = 'before';
      return;
    }
    this.waits = this.deliveries as never;
    // It asks when it is told to.
    Object.assign(this.deliveries, { schedule: () => undefined });
    this.deliveries.whenStored({ ids, start }, 2 ** 31 - 1).then(
      (outcome) => (this.outcome = outcome),
      () => (this.outcome = 'unknown'),
    );
  }

  /** A command as the executor runs it: whether this side owns the keys, the change, its result. */
  static async write(side: RealSide, keys: number, bit: number): Promise<RealWrite> {
    const codes = keysOf(keys);
    const command = randomUUID();
    const hashes = codes.map(() => Buffer.from([bit]));
    const answers = await side.writer.together([
      {
        sql: 'select * from strangler.begin_command($1, $2, $3, $4, null, false)',
        params: [cells.module, command, codes, hashes],
      },
      {
        sql: 'update cells.cell set seen = seen | $1::integer where code = any($2)',
        params: [1 << bit, codes],
      },
      {
        sql: 'select strangler.store_results($1, $2, $3, $4, $5) as written',
        params: [cells.module, command, codes, codes.map(() => '{}'), hashes],
      },
    ]);
    const { written } = answers[2]![0] as { written: string | null };
    const [ids, start] = (written ?? ' ').split(' ') as [string, string];
    return new RealWrite(side, changesIn(ids), start);
  }

  /** As the model says it; an outcome that is not known is one that is waited for without end. */
  get state(): number {
    return {
      waiting,
      stored: acknowledged,
      degraded: answeredAlone,
      unknown: waiting,
      before: answeredBefore,
    }[this.outcome];
  }

  async poll(): Promise<void> {
    await this.waits?.ask();
    // A parked row is waited for until the copy counts as old.
    for (const waiter of this.waits?.waiters ?? [])
      if (waiter.parkedAt !== undefined) waiter.parkedAt -= 10_000;
    await this.waits?.ask();
  }

  /** Its connection is lost: nobody will ask for it. */
  abandon(): void {
    for (const waiter of [...(this.waits?.waiters ?? [])]) waiter.abandon();
  }
}

export const stateOf = (write: RealWrite | undefined): number => write?.state ?? unwritten;
