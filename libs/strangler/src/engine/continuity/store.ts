import { locking, Ownership } from '../ownership/ownership.js';
import { sqlState } from '../../database/sql-state.js';
import type { Database, Queryable } from '../../database/database.js';
import { claimedTwice, conclude, losesBuckets, type Conclusion } from '../identity/conclude.js';
import type { Question } from '../identity/peer.js';
import { carryOutConclusion, idsHere, isUndelivered } from '../identity/conclusion-sql.js';
import type { Proven, Standpoint } from '../identity/standing.js';
import { standpointIn, startText } from '../identity/standpoint-in.js';

/** How long a proof waits for writers that were let in before it, in ms. Then it is tried anew. */
const writersMs = 2_000;
const lockNotAvailable = '55P03';

/** What a proof has read before it asked. */
type Asked = Pick<Standpoint, 'start' | 'peerStart' | 'proven'>;

/** This side is to own less, and transactions that were let in before are still open. `pids`: of their sessions in PostgreSQL. */
export class WritersInsideError extends Error {
  constructor(readonly pids: readonly number[]) {
    super(
      `transactions that write are still open: the sessions of PostgreSQL with the pid ${pids.join(', ')}`,
    );
  }
}

/** Where one database stands with a module, and what it concludes from its peer's answer. */
export class ContinuityStore {
  constructor(
    private readonly database: Database,
    private readonly module: string,
  ) {}

  /** @throws when the module has no row here. */
  read(on: Queryable = this.database): Promise<Standpoint> {
    return standpointIn(on, this.module);
  }

  /** The number that the next hello has to name. */
  async helloNumber(): Promise<number> {
    const [row] = await this.database.query<{ number: number }>(
      'select hello_no as number from strangler.ownership where module = $1',
      [this.module],
    );
    return row?.number ?? 0;
  }

  /**
   * Takes a hello; null: its number was used, or it comes from a database that is not the peer. From here on batches of an
   * earlier start are refused. The ownership row is changed before the applied row is locked: `strangler.begin_batch` says why.
   */
  greet({ from, home, knownAs, number, start }: Question & { kind: 'hello' }): Promise<Standpoint | null> {
    const work = async (q: Queryable) => {
      const taken = await q.query(
        `update strangler.ownership set hello_no = hello_no + 1, peer_start = $4, peer = $3, peer_home = $5,
           peer_since = case when peer is null then clock_timestamp() else peer_since end
         where module = $1 and hello_no = $2 and (peer in ($3, $6) or peer is null and capture) returning module`,
        [this.module, number, from, start, home, knownAs],
      );
      if (taken.length === 0) return null;
      await q.query('select from strangler.applied where module = $1 for update', [this.module]);
      return this.read(q);
    };
    // Whoever asks does not wait for longer either.
    return this.database.transaction(work, { lockTimeoutMs: writersMs });
  }

  /**
   * Ends the proof of one start. Null: void, for this server or the peer's has another start since the question was asked, or this one
   * has lost its proof since: what the peer has told may be older than the reason. @throws {WritersInsideError}
   */
  async conclude(asked: Asked, told: Standpoint): Promise<Conclusion | null> {
    const first = await this.concludeBehind(asked, told, { empty: false });
    if (first !== 'writers may be inside') return first;
    await this.close();
    const alone = await this.concludeBehind({ ...asked, proven: false }, told, { empty: true });
    return alone as Conclusion | null;
  }

  /** `empty`: no writer is inside. */
  private concludeBehind(
    asked: Asked,
    told: Standpoint,
    { empty }: { empty: boolean },
  ): Promise<Conclusion | null | 'writers may be inside'> {
    const work = async (q: Queryable) => {
      await q.query(locking(this.module).sql, [this.module]);
      await q.query('set local lock_timeout = 0');
      for (const table of ['relay', 'applied'])
        await q.query(`select from strangler.${table} where module = $1 for update`, [this.module]);
      const mine = await this.read(q);
      if (mine.start !== asked.start) return null;
      if (mine.peerStart !== asked.peerStart && mine.peerStart !== told.start) return null;
      if (asked.proven && !mine.proven) return null;
      // Another process has proven it meanwhile, and writers have come in.
      if (empty && mine.proven) return null;
      const conclusion = await this.judge(mine, told, q);
      if (!empty && losesBuckets(mine, conclusion)) return 'writers may be inside';
      await carryOutConclusion(q, this.module, conclusion, told);
      return conclusion;
    };
    return this.orWritersInside(this.database.transaction(work, { lockTimeoutMs: writersMs }));
  }

  /**
   * From here on nobody comes in. Whoever was let in before ends first: what he leaves in the outbox is to be seen by whoever decides
   * what becomes of it. @throws {WritersInsideError}
   */
  private async close(): Promise<void> {
    await this.orWritersInside(this.unprove());
    const left = await new Ownership(this.database).writersGone(this.module, writersMs);
    if (left.length > 0) throw new WritersInsideError(left);
  }

  /** Writers under REPEATABLE READ hold the row locked, too. */
  private async orWritersInside<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (sqlState(error) !== lockNotAvailable) throw error;
      throw new WritersInsideError(await new Ownership(this.database).writersGone(this.module, 0));
    }
  }

  /** What would be concluded; nothing is changed. */
  foresee(told: Standpoint): Promise<Conclusion> {
    return this.database.transaction(async (q) => this.judge(await this.read(q), told, q));
  }

  private async judge(mine: Standpoint, told: Standpoint, q: Queryable): Promise<Conclusion> {
    const ids = told.received.flatMap((each) => each.ids);
    const here = await idsHere(q, this.module, ids);
    return conclude(mine, told, {
      holds: (of) => of.every((id) => here.has(id)),
      undelivered: await isUndelivered(q, this.module, claimedTwice(mine, told)),
    });
  }

  /**
   * A start is proven without the peer. @returns false: this server has another start by now, or the side is marked, or it was paired
   * since it was asked who claims the module.
   */
  async proveStart(start: string, by: Proven): Promise<boolean> {
    const rows = await this.database.query(
      `update strangler.ownership set proven_start = strangler.server_start(), proven_by = $3,
         home = case when $3 = 'operator' then strangler.home() else home end
       where module = $1 and standing is null and ${startText('strangler.server_start()')} = $2
         and ($3 <> 'nobody claims' or not capture) returning module`,
      [this.module, start, by],
    );
    return rows.length > 0;
  }

  /** What was proven of the present start counts no more. `moving`: only if the module is moving. */
  async unprove({ moving = false } = {}): Promise<void> {
    const sql = `update strangler.ownership set proven_start = null, proven_by = null
       where module = $1 and standing is null and (capture or not $2)`;
    await this.database.together([{ sql, params: [this.module, moving] }], { lockTimeoutMs: writersMs });
  }

  /** The other side knows the present id of a module that is at home. */
  async introduced(): Promise<void> {
    await this.database.query('update strangler.ownership set known_as = null where module = $1', [
      this.module,
    ]);
  }

  /** The peer knows of a pairing that this database does not: it is from before that. Not if it was paired since it was asked. */
  async mark({ database, home }: { database: string; home: string }): Promise<void> {
    await this.database.query(
      `update strangler.ownership set standing = 'rolled back', peer = $2, peer_home = $3,
         peer_since = coalesce(peer_since, clock_timestamp())
       where module = $1 and standing is null and not capture`,
      [this.module, database, home],
    );
  }

  /** Which of these rows are in the outbox, or were given up. */
  idsHere(ids: readonly number[]): Promise<ReadonlySet<number>> {
    return idsHere(this.database, this.module, ids);
  }

  /** As of when this database last held everything that its peer had (RFC 3339); null: that is not known. */
  async wholeAt(): Promise<string | null> {
    const [row] = await this.database.query<{ at: string | null }>(
      'select whole_at as at from strangler.applied where module = $1',
      [this.module],
    );
    return row?.at ?? null;
  }
}
