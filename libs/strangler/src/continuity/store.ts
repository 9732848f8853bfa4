import { buckets } from '../bucket.js';
import { locking, Ownership } from '../ownership/ownership.js';
import { otherSide } from '../phase.js';
import { sqlState } from '../transaction.js';
import { fillAnew } from '../replication/backfill.js';
import type { MovingTable } from '../tables.js';
import type { Database, Queryable } from '../database.js';
import { claimedTwice, conclude, losesBuckets, taken, type Conclusion } from './conclude.js';
import type { Question } from './peer.js';
import { isEmpty, ownedBy, type Proven, type Range, type Standpoint } from './standing.js';

/** A database that was put back does not know how many hand-offs it has forgotten: this is beyond them. */
const leap = 1_000_000;

/** The epoch of a side that has taken over. */
export const reachedBy = (epoch: number): number => epoch + leap;

/** Whether a side has ever taken over on an operator's word: hand-offs alone do not come so far. */
export const isBeyondTakeOver = (epoch: number): boolean => epoch >= leap;

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

const text = (sql: string): string => `strangler.start_text(${sql})`;
const position = (term: string, seq: string): string =>
  `case when ${term} is not null then json_build_object('term', ${term}, 'seq', ${seq}) end`;

/** One statement, so one snapshot, but for rows that are locked. */
const standpoint = `
  select json_build_object(
    'database', strangler.database_id(), 'home', strangler.home(), 'moved', o.home <> strangler.home(), 'knownAs', o.known_as,
    'start', ${text('strangler.server_start()')},
    'peer', o.peer, 'peerHome', o.peer_home, 'peerSince', ${text('o.peer_since')}, 'peerStart', ${text('o.peer_start')},
    'provenBy', case when o.proven_start = strangler.server_start() then o.proven_by end,
    'proven', strangler.is_proven(o), 'side', o.side, 'capture', o.capture, 'epoch', o.epoch, 'extractedBelow', o.extracted_below,
    'fenceFrom', o.fence_from, 'fenceTo', o.fence_to, 'standing', o.standing,
    'term', coalesce(r.term, 0), 'life', coalesce(r.life, 0), 'confirmed', ${position('r.confirmed_term', 'r.confirmed_seq')},
    'appliedLife', a.life, 'applied', json_build_object('term', coalesce(a.term, 0), 'seq', coalesce(a.seq, 0)),
    'complete', coalesce(a.complete, false),
    'pruned', json_build_object('term', coalesce(a.pruned_term, 0), 'seq', coalesce(a.pruned_seq, 0)),
    'received', coalesce((select json_agg(json_build_object('term', term, 'seq', seq, 'ids', ids) order by term, seq)
      from strangler.received where module = o.module), '[]')
  ) as standpoint
  from strangler.ownership o left join strangler.relay r using (module) left join strangler.applied a using (module)
  where o.module = $1`;

/**
 * A monolith that owns everything, and from which nothing is copied, is bound to no database: its service may get a new one, which has
 * never belonged to anybody.
 */
const takesAnother = (mine: Standpoint, told: Standpoint): boolean =>
  mine.side === 'monolith' &&
  !mine.capture &&
  mine.standing === null &&
  mine.extractedBelow === 0 &&
  mine.fenceFrom === null &&
  (told.peer === null || told.peer === mine.database);

/** Where one database stands with a module, and what it concludes from its peer's answer. */
export class ContinuityStore {
  constructor(
    private readonly database: Database,
    private readonly module: string,
  ) {}

  /** @throws when the module has no row here. */
  async read(on: Queryable = this.database): Promise<Standpoint> {
    // Asked some times a second, and to plan it takes longer than to run it.
    const [row] = await on.query<{ standpoint: Standpoint }>(standpoint, [this.module], { prepared: true });
    if (!row) throw new Error(`${this.module} has no row in strangler.ownership`);
    return row.standpoint;
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
      await this.write(q, conclusion, told);
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
    const here = await this.idsHere(ids, q);
    return conclude(mine, told, {
      holds: (of) => of.every((id) => here.has(id)),
      undelivered: await this.undelivered(q, claimedTwice(mine, told)),
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
       where module = $1 and standing is null and ${text('strangler.server_start()')} = $2
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

  /**
   * Comes to know the other side's database, which it has been asked about itself. Whoever owns everything is proven by that, and its copy
   * is whole; the other one takes over where the owner stands, and is to be filled. @throws when the peer is another one already.
   */
  async pair(told: Standpoint): Promise<void> {
    await this.database.transaction(async (q) => {
      await q.query('select from strangler.ownership where module = $1 for update', [this.module]);
      const mine = await this.read(q);
      if (mine.database === told.database)
        throw new Error(
          `both sides of ${this.module} are the database ${mine.database}: one is a copy of the other; make it anew`,
        );
      const known = [told.database, told.knownAs].includes(mine.peer);
      if (mine.peer !== null && !known && !takesAnother(mine, told))
        throw new Error(`${this.module} of ${mine.database} belongs to ${mine.peer} since ${mine.peerSince}`);
      await q.query(
        `update strangler.ownership set peer = $2, peer_home = $3, peer_start = $4, standing = null, home = strangler.home(),
           known_as = null, peer_since = case when $5 then peer_since else clock_timestamp() end,
           proven_start = strangler.server_start(), proven_by = 'peer'
         where module = $1`,
        [this.module, told.database, told.home, told.start, known],
      );
      const owns = mine.side === 'monolith';
      await q.query(
        `insert into strangler.applied as a (module, life, complete) values ($1, case when $2 then 1 end, $2)
         on conflict (module) do update set life = case when $2 then coalesce(a.life, 1) end, complete = $2`,
        [this.module, owns],
      );
      await q.query(
        `insert into strangler.relay as r (module, term) values ($1, $2)
         on conflict (module) do update set term = greatest(r.term, excluded.term), refused = null`,
        [this.module, told.applied.term],
      );
      if (!owns) await this.take(q, taken(mine, told), 'the copy begins anew');
    });
  }

  /**
   * An operator's word: this side owns everything, without asking the other one, at an epoch that nothing of before can reach. Done
   * again it changes nothing. False: the row is at another epoch. `tables`: what the other side is filled with when it is back, where
   * capture goes on: it may have rows that nobody else has seen.
   */
  async takeOver(epoch: number, tables: readonly Pick<MovingTable, 'name' | 'sql'>[]): Promise<boolean> {
    return this.database.transaction(async (q) => {
      const rows = await q.query<{ first: boolean; capture: boolean }>(
        `update strangler.ownership o set epoch = $3, extracted_below = case side when 'extracted' then ${buckets} else 0 end,
           fence_from = null, fence_to = null, standing = null, home = strangler.home(), peer_start = null,
           proven_start = strangler.server_start(), proven_by = 'operator'
         from (select epoch from strangler.ownership where module = $1 for update) before
         where o.module = $1 and before.epoch in ($2, $3) returning before.epoch = $2 as first, o.capture`,
        [this.module, epoch, reachedBy(epoch)],
      );
      if (rows[0]?.first) await this.leapAhead(q);
      if (rows[0]?.first && rows[0].capture) await fillAnew(q, this.module, tables);
      return rows.length > 0;
    });
  }

  /**
   * What the other side has stored, or has sent, that this database knows nothing of, was given up with it: it is sent to, and listened
   * to, in lives that nothing of before can reach. Else its answer to a hello would show a loss that was agreed to.
   */
  private async leapAhead(q: Queryable): Promise<void> {
    await q.query('update strangler.relay set term = term + $2, life = life + $2 where module = $1', [
      this.module,
      leap,
    ]);
    await q.query(
      'update strangler.applied set life = coalesce(life, 0) + $2, complete = true where module = $1',
      [this.module, leap],
    );
  }

  /** Lets the other side take over; false: this side was not put back, and is no copy at that epoch. Done again it changes nothing. */
  async giveUp(epoch: number): Promise<boolean> {
    const rows = await this.database.query(
      `update strangler.ownership set epoch = $2, standing = 'given up' where module = $1 and standing is not null and epoch <= $2
       returning module`,
      [this.module, epoch],
    );
    if (rows.length > 0) return true;
    const mine = await this.read();
    return mine.epoch === epoch && isEmpty(ownedBy(mine.side, mine.extractedBelow));
  }

  /**
   * Owns everything, if everything is here, and begins a life of the copy. Done again it changes nothing. That it is at this epoch says
   * only that it has heard of it: a proof takes over the higher epoch.
   */
  takeWhole(epoch: number, tables: readonly MovingTable[]): Promise<boolean> {
    const all = `case o.side when 'extracted' then ${buckets} else 0 end`;
    const { sql, params } = locking(this.module);
    return this.database.transaction(async (q) => {
      await q.query(sql, params);
      const rows = await q.query(
        `update strangler.ownership o set epoch = $2, extracted_below = ${all}, fence_from = null, fence_to = null
         where module = $1 and capture and strangler.is_proven(o)
           and (epoch < $2 or epoch = $2 and (extracted_below <> ${all} or fence_from is not null))
           and (extracted_below = ${all}
             or exists (select from strangler.applied a where a.module = o.module and a.complete and a.life is not null))
         returning module`,
        [this.module, epoch],
      );
      if (rows.length > 0) await fillAnew(q, this.module, tables);
      if (rows.length > 0) return true;
      const mine = await this.read(q);
      return mine.epoch === epoch && isEmpty(ownedBy(otherSide(mine.side), mine.extractedBelow));
    });
  }

  /** As of when this database last held everything that its peer had (RFC 3339); null: that is not known. */
  async wholeAt(): Promise<string | null> {
    const [row] = await this.database.query<{ at: string | null }>(
      'select whole_at as at from strangler.applied where module = $1',
      [this.module],
    );
    return row?.at ?? null;
  }

  /** Which of these rows are in the outbox, or were given up. */
  async idsHere(ids: readonly number[], q: Queryable = this.database): Promise<ReadonlySet<number>> {
    if (ids.length === 0) return new Set();
    const rows = await q.query<{ id: number }>(
      `select c.id::float8 as id from unnest($2::bigint[]) c (id) cross join strangler.outbox_row_of($1, c.id)
       union all select id::float8 from strangler.given_up where module = $1 and id = any($2::bigint[])`,
      [this.module, ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  private async undelivered(q: Queryable, { from, to }: Range): Promise<boolean> {
    const rows = await q.query(
      'select from strangler.outbox_holds($1, $2, $3, 9223372036854775807) holds where holds',
      [this.module, from, to],
    );
    return rows.length > 0;
  }

  private async write(q: Queryable, conclusion: Conclusion, told: Standpoint): Promise<void> {
    const { proven, standing, epoch, extractedBelow, unfenced, givenUp, incomplete, sending } = conclusion;
    await q.query(
      `update strangler.ownership set standing = $2, epoch = $3, extracted_below = $4, peer_start = $7, peer = $8, peer_home = $9,
         fence_from = case when not $5 then fence_from end, fence_to = case when not $5 then fence_to end,
         peer_since = coalesce(peer_since, clock_timestamp()),
         proven_start = case when $6 then strangler.server_start() else proven_start end,
         proven_by = case when $6 then 'peer' else proven_by end, home = strangler.home(), known_as = null
       where module = $1`,
      [this.module, standing, epoch, extractedBelow, unfenced, proven, told.start, told.database, told.home],
    );
    if (givenUp) await this.report(q, givenUp, conclusion.outcome);
    if (incomplete)
      await q.query('update strangler.applied set life = null, complete = false where module = $1', [
        this.module,
      ]);
    if (sending) await this.take(q, sending, conclusion.outcome);
  }

  private async take(
    q: Queryable,
    { life, term, confirmed }: NonNullable<Conclusion['sending']>,
    why: string,
  ): Promise<void> {
    await q.query(
      `insert into strangler.relay as r (module, life, term, confirmed_term, confirmed_seq) values ($1, $2, $3, $4, $5)
       on conflict (module) do update set life = $2, term = greatest(r.term, $3), confirmed_term = $4, confirmed_seq = $5`,
      [this.module, life, term, confirmed?.term ?? null, confirmed?.seq ?? null],
    );
    await this.report(q, { from: 0, to: buckets }, why);
    await q.query('delete from strangler.backfill where module = $1', [this.module]);
    await q.query(
      'update strangler.relay set degraded_since = null, reason = null, recovering = false where module = $1',
      [this.module],
    );
  }

  /** Moves rows of the outbox into the report. */
  private async report(q: Queryable, { from, to }: Range, why: string): Promise<void> {
    await q.query(
      `with gone as materialized (
         select id, table_name, pk, key from strangler.outbox_changes
         where module = $1 and strangler.bucket($1, key) >= $2 and strangler.bucket($1, key) < $3
       ), reported as (
         insert into strangler.given_up (module, id, table_name, pk, key, why) select $1, id, table_name, pk, key, $4 from gone
         on conflict do nothing
       )
       select strangler.detach_changes($1, array(select id from gone), false)`,
      [this.module, from, to, why],
    );
  }
}
