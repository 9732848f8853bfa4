import { isDomainError, UnavailableError, type DomainError } from '../contract/errors.js';
import type { EventEmitter } from 'node:events';
import type { EntityManager } from 'typeorm';
import { bucketOf } from '../routes/bucket.js';
import type { PreparedOperation } from '../contract/operation.js';
import type { OwnershipRow } from '../engine/ownership/ownership.js';
import type { Side } from '../routes/phase.js';
import { MovingError, NotOwnerError, UnprovenError } from '../database/refusals.js';
import { dataSourceOf } from '../database/transaction.js';
import { freshCopyMs } from '../engine/replication/degraded.js';

/** For so long, in ms, it counts that nothing shifts. Owners change twice as long after it was taken back, or later. */
const standstillMs = 1_000;
/** How long what is known of a copy's age is used, in ms. */
const lookEveryMs = 100;
const maxTries = 5;

type Owned = Pick<OwnershipRow, 'side' | 'version' | 'extractedBelow' | 'fenceFrom' | 'fenceTo'> & {
  /** This side owns all, and nothing shifts. */
  standsStill: boolean;
  /** The present start of the server is proven. */
  proven: boolean;
  /** When it was asked for, by `performance.now()`. */
  at: number;
};

/** How old a copy was when it was looked at; `owned`: it is no copy, this side owns all. */
interface Copy {
  readonly at: number;
  readonly ageMs: number;
  readonly owned: boolean;
}

/**
 * Sees to it that a query is answered by the owner of its keys, or by a fresh copy if any will do. An owner's answer is
 * validated as by a sequence lock (Lameter, 2005): the ownership row was the same before and after it was read.
 */
export class ReadGuard {
  private readonly rows = new Map<string, Owned>();
  private readonly copies = new Map<string, Copy>();
  private readonly pools = new WeakSet<EventEmitter>();
  /** How many connections were made. */
  private connections = 0;

  /** `side`: on which this process stands. */
  constructor(private readonly side: Side) {}

  /** Whether what is read now is the owner's: its database has said just now that owners do not change, whatever routes say. */
  standsStill(module: string): boolean {
    const row = this.rows.get(module);
    return row !== undefined && row.standsStill && performance.now() - row.at <= standstillMs;
  }

  /** Answers a query by `work`. @throws {NotOwnerError} {MovingError} when its answer cannot be relied upon. */
  checked(
    operation: PreparedOperation,
    input: unknown,
    manager: EntityManager,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    // A promise less where there is nothing to ask.
    return operation.reads === 'owner'
      ? this.validated(operation, input, manager, work)
      : this.fromAny(operation, input, manager, work);
  }

  private async fromAny(
    operation: PreparedOperation,
    input: unknown,
    manager: EntityManager,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const { module, keyed } = operation;
    if (await this.isFresh(module, manager)) return work();
    // What a copy that is behind has of keys that its side owns is as good as ever.
    if (keyed) return this.validated(operation, input, manager, work);
    // Someone has to answer what has no owner; the monolith's copy is the one that stays.
    if (this.side === 'extracted') throw new NotOwnerError(module);
    return work();
  }

  private async validated(
    operation: PreparedOperation,
    input: unknown,
    manager: EntityManager,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const { module } = operation;
    for (let attempt = 1; attempt <= maxTries; attempt++) {
      // What an earlier check has seen will do: if it is the same afterwards, it was so all the time.
      const before = this.rows.get(module) ?? (await this.look(module, manager));
      let answer: unknown;
      // Told once it is known to count, as an answer is. A fault is no answer of anyone.
      let refusal: DomainError | undefined;
      try {
        answer = await work();
      } catch (error) {
        if (!isDomainError(error)) throw error;
        refusal = error;
      }
      // Only now: the work may have waited long for a connection.
      if (!this.standsStill(module)) {
        const now = await this.look(module, manager);
        if (!now.proven) throw new UnprovenError(module);
        assertOwned(now, module, operation.keysOf(input));
        if (now.version !== before.version) continue;
      }
      if (refusal) throw refusal;
      return answer;
    }
    throw new MovingError(module);
  }

  private async look(module: string, manager: EntityManager): Promise<Owned> {
    const { connections } = this.forgettingWith(manager);
    const at = performance.now();
    const [found] = await manager.query<Omit<Owned, 'at'>[]>(
      `select side, version::float8 as version, extracted_below as "extractedBelow", fence_from as "fenceFrom", fence_to as "fenceTo",
         strangler.is_proven(o) as proven,
         may_shift is null and strangler.owns_all(o) and strangler.is_proven(o) as "standsStill"
       from strangler.ownership o where module = $1`,
      [module],
    );
    if (!found) throw new UnavailableError(module, `${module} is not set up in the database of this side`);
    const row = { ...found, at };
    // Who was asked may be gone meanwhile.
    if (connections === this.connections) this.rows.set(module, row);
    return row;
  }

  /**
   * A connection is made: its server may have started anew, on other files, and what was read before says nothing of it. A
   * connection that outlives its server is one of a pooler in between: there what was read counts for its second.
   */
  private forgettingWith(manager: EntityManager): { connections: number } {
    const pool = (dataSourceOf(manager).driver as unknown as { master: EventEmitter }).master;
    if (!this.pools.has(pool)) {
      this.pools.add(pool);
      pool.on('connect', () => {
        this.connections += 1;
        this.rows.clear();
        this.copies.clear();
      });
    }
    return { connections: this.connections };
  }

  /** Whether this side owns all, or has a copy that lacks nothing that a caller was told of. */
  private async isFresh(module: string, manager: EntityManager): Promise<boolean> {
    let copy = this.copies.get(module);
    if (!copy || performance.now() - copy.at > lookEveryMs) {
      const { connections } = this.forgettingWith(manager);
      copy = await lookAtCopy(module, manager);
      if (connections === this.connections) this.copies.set(module, copy);
    }
    const ageMs = copy.ageMs + performance.now() - copy.at;
    return copy.owned || (ageMs >= 0 && ageMs <= freshCopyMs);
  }
}

function assertOwned(
  { side, extractedBelow, fenceFrom, fenceTo }: Owned,
  module: string,
  keys: readonly string[],
): void {
  for (const bucket of keys.map((key) => bucketOf(module, key))) {
    if (fenceFrom !== null && fenceTo !== null && bucket >= fenceFrom && bucket < fenceTo) {
      throw new MovingError(module);
    }
    if (bucket < extractedBelow !== (side === 'extracted')) throw new NotOwnerError(module, extractedBelow);
  }
}

async function lookAtCopy(module: string, manager: EntityManager): Promise<Copy> {
  const at = performance.now();
  const [row] = await manager.query<{ owned: boolean; ageMs: number | null }[]>(
    `select strangler.owns_all(o) as owned,
       (extract(epoch from clock_timestamp() - a.whole_at) * 1000)::float8 as "ageMs"
     from strangler.ownership o left join strangler.applied a using (module) where module = $1`,
    [module],
  );
  return { at, ageMs: row?.ageMs ?? Infinity, owned: row?.owned ?? false };
}
