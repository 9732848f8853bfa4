import { setTimeout as sleep } from 'node:timers/promises';
import type { Position } from '../identity/position.js';
import type { Database, Queryable } from '../../database/database.js';
import type { Side } from '../../routes/phase.js';
import { describeWriters, writerInWords, type OldWriter } from './old-writers.js';
import type { MovingTable } from '../../database/tables.js';
import { advancingSequences } from './sequences.js';

/** Who owns a module's buckets, as one side's database knows it. */
export interface OwnershipRow {
  module: string;
  side: Side;
  epoch: number;
  /** Buckets below belong to `extracted`. */
  extractedBelow: number;
  /** Buckets owned by nobody, `[from, to)`; null: none. */
  fenceFrom: number | null;
  fenceTo: number | null;
  /** For how long, in ms; null: they are not. Left out by a service of 0.2.0. */
  fencedMs?: number | null;
  capture: boolean;
  /** Whether owners may change: a number, another one each time that it is said; null: they do not. */
  mayShift: number | null;
  version: number;
}

const columns = `module, side, epoch, extracted_below as "extractedBelow", fence_from as "fenceFrom",
  fence_to as "fenceTo", capture,
  greatest(0, extract(epoch from clock_timestamp() - fenced_at) * 1000)::float8 as "fencedMs", may_shift as "mayShift", version`;

const unfenced = 'fence_from = null, fence_to = null';

/** How long a change of the row waits for writers under REPEATABLE READ, which hold it locked, in ms. */
const lockTimeoutMs = 2_000;
const pollMs = 1;

/** Gives the database its id: one for each place that it was put to, so that a copy is never taken for its original. Answers it. */
export async function identify(database: Queryable): Promise<string> {
  await database.query('insert into strangler.database default values on conflict do nothing');
  await database.query(
    `with before as (select id from strangler.database where home <> strangler.home() for update),
       after as (update strangler.database set id = gen_random_uuid(), home = strangler.home() from before returning before.id)
     update strangler.ownership set known_as = coalesce(known_as, after.id),
       proven_start = null, proven_by = null
     from after`,
  );
  const [row] = await database.query<{ id: string }>('select strangler.database_id() as id');
  return row!.id;
}

/** The ownership rows of one side's database. Every change is a compare-and-set on the epoch. */
export class Ownership {
  constructor(private readonly database: Database) {}

  /**
   * Makes the module's row if it is missing: then the monolith owns all. What came here as a copy has to prove itself, but where
   * nothing moves: then there is nobody else. `asks`: the processes of this side can ask who claims the module.
   */
  async ensure(module: string, side: Side, { asks = false } = {}): Promise<void> {
    await identify(this.database);
    await this.database.query(
      `insert into strangler.ownership (module, side, extracted_below, home)
       values ($1, $2, 0, strangler.home()) on conflict (module) do nothing`,
      [module, side],
    );
    await this.database.query(
      `update strangler.ownership set asks = $2, home = case when capture then home else strangler.home() end
       where module = $1 and (asks <> $2 or home <> strangler.home() and not capture)`,
      [module, asks],
    );
  }

  /** @throws when the module has no row here. */
  async read(module: string, on: Queryable = this.database): Promise<OwnershipRow> {
    const [row] = await on.query<OwnershipRow>(
      `select ${columns} from strangler.ownership where module = $1`,
      [module],
      { prepared: true },
    );
    if (!row) throw new Error(`${module} has no row in strangler.ownership`);
    return row;
  }

  /**
   * Fences buckets `[from, to)` and waits until no transaction is left that may have written them before. From `epoch` to
   * `epoch + 1`; false: the row is not at that epoch, or is a copy. @throws as {@link emptied}; the fence stands then.
   */
  async fence(
    module: string,
    epoch: number,
    { from, to }: { from: number; to: number },
    { writersMs, ...when }: When & Patience = {},
  ): Promise<boolean> {
    const fenced = 'epoch = $2 + 1, fence_from = $8, fence_to = $9';
    const set = await this.change(module, epoch, fenced, when, [from, to]);
    if (set) await this.emptied(module, writersMs);
    return set;
  }

  /** Waits for the writers inside. @throws naming those that are still open after `writersMs`. */
  async emptied(module: string, writersMs = Infinity): Promise<void> {
    const left = await this.oldWriters(module, writersMs);
    if (left.length > 0)
      throw new Error(`a writer was inside and did not end: ${left.map(writerInWords).join('; ')}`);
  }

  /** Waits for the writers inside, at most so long. Answers those that are still open: a fence would wait for them, and customers with it. */
  async oldWriters(module: string, waitMs: number): Promise<OldWriter[]> {
    const left = await this.stayed(module, waitMs);
    if (left.length === 0) return [];
    return describeWriters(
      this.database,
      left.map(({ writer }) => writer),
    );
  }

  /** Takes over: from `epoch` to `epoch + 1`, with the new border. Sequences of `tables` go on behind the rows that are here. */
  async own(
    module: string,
    epoch: number,
    extractedBelow: number,
    { tables = [], ...when }: When & { tables?: readonly Pick<MovingTable, 'sql'>[] } = {},
  ): Promise<boolean> {
    const set = `epoch = $2 + 1, extracted_below = $8, ${unfenced}`;
    // Where this side does not take over, that a sequence is ahead does no harm.
    const sequences = await advancingSequences(this.database, tables);
    const takeOver = changing(module, epoch, set, when, [extractedBelow]);
    const [, changed] = await this.database.together([locking(module), takeOver, ...sequences], {
      lockTimeoutMs,
    });
    return changed?.length === 1;
  }

  /** Lifts the fence with the new border; the epoch stays. Done again it changes nothing. */
  release(module: string, epoch: number, extractedBelow: number, when: When = {}): Promise<boolean> {
    return this.change(module, epoch, `extracted_below = $8, ${unfenced}`, when, [extractedBelow]);
  }

  /** Takes the fence away, nothing having moved, and leaves `epoch` for `to`: what comes late from before is refused. */
  raise(module: string, epoch: number, to: number): Promise<boolean> {
    return this.change(module, epoch, `epoch = $8, ${unfenced}`, {}, [to]);
  }

  /** Says whether owners may change from now on. False: the row is not that version any more. */
  async setMayShift(module: string, version: number, may: boolean): Promise<boolean> {
    const rows = await this.database.query(
      `update strangler.ownership set may_shift = case when $3 then version + 1 end
       where module = $1 and version = $2 and home = strangler.home() returning module`,
      [module, version, may],
    );
    return rows.length > 0;
  }

  /** Makes a copy's row this database's own; it still has to prove itself. Done again it changes nothing. */
  async adopt(module: string, epoch: number): Promise<boolean> {
    const rows = await this.database.query(
      'update strangler.ownership set home = strangler.home() where module = $1 and epoch = $2 returning module',
      [module, epoch],
    );
    return rows.length > 0;
  }

  async setCapture(module: string): Promise<void> {
    await this.database.query('update strangler.ownership set capture = true where module = $1', [module]);
  }

  /** From here on changes are not captured any more. False: the row is not at that epoch. */
  async clearCapture(module: string, epoch: number): Promise<boolean> {
    const rows = await this.database.query(
      'update strangler.ownership set capture = false where module = $1 and epoch = $2 returning module',
      [module, epoch],
    );
    return rows.length > 0;
  }

  /**
   * Resolves when every transaction that held the module's writer lock at this moment has ended. Who came later has seen
   * the row as it is now. `mostMs`: not later than that. Answers who is left: the process ids of their sessions.
   */
  async writersGone(module: string, mostMs = Infinity): Promise<number[]> {
    return (await this.stayed(module, mostMs)).map(({ pid }) => pid);
  }

  private async stayed(module: string, mostMs: number): Promise<{ writer: string; pid: number }[]> {
    const giveUpAt = performance.now() + mostMs;
    let before = await this.writers(module);
    while (before.length > 0 && performance.now() < giveUpAt) {
      await sleep(pollMs);
      const now = new Set((await this.writers(module)).map(({ writer }) => writer));
      before = before.filter(({ writer }) => now.has(writer));
    }
    return before;
  }

  private writers(module: string): Promise<{ writer: string; pid: number }[]> {
    return this.database.query<{ writer: string; pid: number }>(
      `select virtualtransaction as writer, pid from pg_locks
       where locktype = 'advisory' and objsubid = 2 and granted
         and database = (select oid from pg_database where datname = current_database())
         and classid = strangler.writer_lock()::oid
         and objid = (hashtext($1)::bigint & 4294967295)::oid`,
      [module],
    );
  }

  private async change(...what: Parameters<typeof changing>): Promise<boolean> {
    const [changed] = await this.database.together([changing(...what)], { lockTimeoutMs });
    return changed?.length === 1;
  }
}

/** How long somebody who fences waits for the writers inside, in ms; left out: until they have ended. */
export interface Patience {
  writersMs?: number | undefined;
}

/** What else has to be so, beside the epoch. */
export interface When {
  /** The peer has proven the present start of this server. */
  proven?: boolean | undefined;
  /** The start of this server. */
  start?: string | undefined;
  /** The peer's start, as this side has heard of it. */
  peerStart?: string | undefined;
  /** Under which number this side was told that owners may change; null: it does not matter. */
  mayShift?: number | null | undefined;
  /** What this copy has to hold: a position of a filling; null: whatever of it. */
  holds?: { life: number; after: Position | null } | undefined;
}

/**
 * Goes before a statement that decides by other tables, too: who waits for the row inside of that one reads those as of before the wait.
 */
export const locking = (module: string) => ({
  sql: 'select from strangler.ownership where module = $1 for update',
  params: [module],
});

/**
 * Compares and sets. Never in a copy: a hand-off in its journal is over long ago, or is the original's: it decides
 * nothing of the copy. Nor on a side that was put back: only `rejoin` changes that.
 */
const changing = (module: string, epoch: number, set: string, when: When, params: unknown[]) => ({
  sql: `update strangler.ownership o set ${set}
    where module = $1 and epoch = $2 and home = strangler.home() and standing is null
      and (not $6::boolean or proven_by = 'peer' and strangler.is_proven(o))
      and ($3::text is null or strangler.start_text(strangler.server_start()) = $3)
      and ($4::text is null or strangler.start_text(peer_start) = $4)
      and ($5::json is null or exists (
        select from strangler.applied a where a.module = o.module and a.life = ($5::json->>'life')::bigint
          and (a.term, a.seq) >= (coalesce(($5::json#>>'{after,term}')::bigint, 0), coalesce(($5::json#>>'{after,seq}')::bigint, 0))))
      and ($7::bigint is null or may_shift = $7)
    returning module`,
  params: [
    module,
    epoch,
    when.start ?? null,
    when.peerStart ?? null,
    when.holds ? JSON.stringify(when.holds) : null,
    when.proven ?? false,
    when.mayShift ?? null,
    ...params,
  ],
});
