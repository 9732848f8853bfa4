import { isDomainError, UnavailableError } from '#contracts';
import type { EntityManager } from 'typeorm';
import { bucketOf } from './bucket.js';
import type { PreparedOperation } from './operation.js';
import type { OwnershipRow } from './ownership/ownership.js';
import type { Side } from './phase.js';
import { MovingError, NotOwnerError } from './refusals.js';
import { freshCopyMs } from './replication/degraded.js';
import { policyOf, type Routes } from './routes.js';

/** Routes heard longer ago than this, in ms, may hide that a module has begun to shift (which waits twice as long). */
const freshRoutesMs = 1_000;
/** How long what is known of a copy's age is used, in ms. */
const lookEveryMs = 100;
const maxTries = 5;

type Owned = Pick<OwnershipRow, 'side' | 'version' | 'extractedBelow' | 'fenceFrom' | 'fenceTo'>;

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

  constructor(
    private readonly routes: Pick<Routes, 'entryOf' | 'freshMs'>,
    /** The side on which this process stands. */
    private readonly side: Side,
  ) {}

  /** Whether answers need no check: nothing of the module moves, and that was heard just now. */
  leavesOut(module: string): boolean {
    const entry = this.routes.entryOf(module);
    if (!entry || this.routes.freshMs > freshRoutesMs) return false;
    const policy = policyOf(entry);
    return !policy.checksReads && policy.queries === this.side;
  }

  /** Answers a query by `work`. @throws {NotOwnerError} {MovingError} when its answer cannot be relied upon. */
  async checked(
    operation: PreparedOperation,
    input: unknown,
    manager: EntityManager,
    work: () => Promise<unknown>,
  ): Promise<unknown> {
    const { module, reads, keyed } = operation;
    if (reads === 'any' && (await this.isFresh(module, manager))) return work();
    // Also where any copy would do: what one that is behind has of keys that its side owns is as good as ever.
    if (reads === 'owner' || keyed) return this.validated(operation, input, manager, work);
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
      const answer = await settled(work);
      const now = await this.look(module, manager);
      assertOwned(now, module, operation.keysOf(input));
      if (now.version === before.version) return answer();
    }
    throw new MovingError(module);
  }

  private async look(module: string, manager: EntityManager): Promise<Owned> {
    const [row] = await manager.query<Owned[]>(
      `select side, version::float8 as version, extracted_below as "extractedBelow", fence_from as "fenceFrom", fence_to as "fenceTo"
       from strangler.ownership where module = $1`,
      [module],
    );
    if (!row) throw new UnavailableError(module, `${module} is not set up in the database of this side`);
    this.rows.set(module, row);
    return row;
  }

  /** Whether this side owns all, or has a copy that lacks nothing that a caller was told of. */
  private async isFresh(module: string, manager: EntityManager): Promise<boolean> {
    let copy = this.copies.get(module);
    if (!copy || performance.now() - copy.at > lookEveryMs) {
      copy = await lookAtCopy(module, manager);
      this.copies.set(module, copy);
    }
    const ageMs = copy.ageMs + performance.now() - copy.at;
    return copy.owned || (ageMs >= 0 && ageMs <= freshCopyMs);
  }
}

/** How the work ended, to be told once that is known to count. A fault is no answer of anyone. */
async function settled(work: () => Promise<unknown>): Promise<() => unknown> {
  try {
    const answer = await work();
    return () => answer;
  } catch (error) {
    if (!isDomainError(error)) throw error;
    return () => {
      throw error;
    };
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
