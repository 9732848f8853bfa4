import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database, Queryable } from '../../database/database.js';
import { described } from '../../database/failure.js';
import { enterUnhurried, inPiece, type Later, type PieceEnd } from '../ownership/unhurried.js';
import { messageOf } from '../replication/error-class.js';
import type { MovingTable } from '../../database/tables.js';
import {
  pieceRows,
  pruneEvents,
  prunedByOwner,
  prunedHere,
  pruneHere,
  pruneResults,
  pruneSagas,
  type Pruned,
} from './prune-sql.js';
import { tombstonesMs, type Retention } from './retention.js';

/** How long is worked at a time, how long rests are between two pieces, between two turns of a pass, and between two passes, in ms. */
const turnMs = 400;
const pieceRestMs = 20;
const turnRestMs = 1_000;
const passRestMs = 60_000;
/** Whoever starts has other work first, in ms. */
const firstRestMs = 10_000;
/** A lock that is not had by then belongs to a customer, and so may those be that the piece has. In ms. */
const lockTimeoutMs = 100;

export interface PrunerOptions {
  database: Database;
  module: string;
  /** As the catalogue has them; none before they were looked up. */
  tables: () => readonly MovingTable[];
  retention: Retention;
}

/** What has not been pruned to the end for too long. */
export interface LatePruning {
  what: Pruned;
  lateMs: number;
  /** Why the last try failed; null: it did not. */
  problem: string | null;
  /** What the last try has to wait for; null: nothing, there is only much. */
  waitsFor: Later | null;
}

/** After so long, in ms, pruning is late: a pass begins each minute. */
const lateAfterMs = 3_600_000;

function waitOf(end: PieceEnd | Error | undefined): Pick<LatePruning, 'problem' | 'waitsFor'> {
  if (end instanceof Error) return { problem: messageOf(end), waitsFor: null };
  return { problem: null, waitsFor: end === undefined || end === 'more' || end === 'done' ? null : end };
}

interface Piece {
  rows: number;
  found: number;
  last?: string | null;
}

/**
 * Prunes the records of one module in one database: of commands and sagas those that this side owns, so that the other side gets
 * it as it gets every write; and what is no copy of anything. In small pieces that wait while the other side is behind.
 */
export class Pruner {
  private readonly logger = new Logger(Pruner.name);
  /** Where a pass goes on: what stays is looked at once in a pass, and not at every piece. */
  private readonly at = new Map<Pruned, string>();
  /** As of the last turn. */
  late: readonly LatePruning[] = [];
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly options: PrunerOptions) {}

  start(): void {
    this.after(firstRestMs);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.working;
  }

  /** Goes on for a moment. Whether nothing was left to prune. */
  async turn(): Promise<boolean> {
    const until = performance.now() + turnMs;
    const ends = new Map<Pruned, PieceEnd | Error>();
    for (const what of this.kinds()) ends.set(what, await this.piecesUntil(until, what));
    this.late = await this.lateOnes(ends);
    return [...ends.values()].every((end) => end === 'done' || end instanceof Error);
  }

  /** One kind that cannot be pruned is in no other's way. */
  private async piecesUntil(until: number, what: Pruned): Promise<PieceEnd | Error> {
    try {
      for (;;) {
        const end = await this.piece(what);
        if (end !== 'more' || performance.now() >= until || this.stopped) return end;
        await sleep(pieceRestMs);
      }
    } catch (error) {
      const { module } = this.options;
      this.logger.warn({ msg: 'could not prune', module, what, error: described(error) });
      return error as Error;
    }
  }

  /** Whichever process of this side is at it: the database says when nothing was left. */
  private async lateOnes(ends: ReadonlyMap<Pruned, PieceEnd | Error>): Promise<LatePruning[]> {
    const rows = await this.options.database.query<{ what: Pruned; lateMs: number }>(
      `select what, extract(epoch from clock_timestamp() - passed_at)::float8 * 1000 as "lateMs" from strangler.pruning
       where module = $1 and what = any($2) and passed_at < clock_timestamp() - $3 * interval '1 ms' order by what`,
      [this.options.module, [...ends.keys()], lateAfterMs],
    );
    return rows.map((row) => ({ ...row, ...waitOf(ends.get(row.what)) }));
  }

  private after(ms: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.working = this.turn()
        .catch((error: unknown) => {
          this.logger.warn({ msg: 'could not prune', module: this.options.module, error: described(error) });
          return true;
        })
        .then((done) => this.after(done ? passRestMs : turnRestMs));
    }, ms).unref();
  }

  private kinds(): Pruned[] {
    return [...prunedByOwner, ...prunedHere].filter(
      (what) =>
        Number.isFinite(this.keptMs(what)) &&
        (what !== 'sagas' || this.table('saga')) &&
        (what !== 'events' || this.table('event')),
    );
  }

  private keptMs(what: Pruned): number {
    const { resultsMs, eventsMs, historyMs, samplesMs } = this.options.retention;
    return {
      results: resultsMs,
      sagas: resultsMs,
      events: eventsMs,
      history: historyMs,
      reports: historyMs,
      samples: samplesMs,
    }[what];
  }

  /** Each in a transaction of its own, with what is told of it. One process of a side is at it at a time. */
  private piece(what: Pruned): Promise<PieceEnd> {
    const { database, module } = this.options;
    return inPiece(
      database,
      async (q): Promise<PieceEnd> => {
        await q.query('insert into strangler.pruning (module, what) values ($1, $2) on conflict do nothing', [
          module,
          what,
        ]);
        const mine = await q.query(
          'select from strangler.pruning where module = $1 and what = $2 for update skip locked',
          [module, what],
        );
        if (mine.length === 0) return 'taken';
        const done = await this.prune(q, what);
        if (done === 'behind') return done;
        const more = done.found >= pieceRows;
        if (more && done.last) this.at.set(what, done.last);
        else this.at.delete(what);
        await q.query(
          `update strangler.pruning set rows = rows + $3, passed_at = case when $4 then passed_at else clock_timestamp() end
           where module = $1 and what = $2`,
          [module, what, done.rows, more],
        );
        return more ? 'more' : 'done';
      },
      { lockTimeoutMs },
    );
  }

  private async prune(q: Queryable, what: Pruned): Promise<Piece | 'behind'> {
    const { module, retention } = this.options;
    const before = await cut(q, this.keptMs(what));
    if (what !== 'results' && what !== 'sagas' && what !== 'events')
      return first(q.query<Piece>(pruneHere[what], [module, before]));
    const { behind, ownsAny } = await enterUnhurried(q, module);
    if (!ownsAny) return { rows: 0, found: 0 };
    if (behind) return 'behind';
    const [idempotency, saga] = [this.table('idempotency'), this.table('saga')];
    if (what === 'sagas') {
      const from = this.at.get(what) ?? '00000000-0000-0000-0000-000000000000';
      return first(q.query<Piece>(pruneSagas(saga!), [module, before, from]));
    }
    if (what === 'events') {
      const [event, cursor] = [this.table('event'), this.table('event_cursor')];
      return first(
        q.query<Piece>(pruneEvents(event!, cursor!), [module, before, this.at.get(what) ?? '-infinity']),
      );
    }
    if (!idempotency) return { rows: 0, found: 0 };
    const tombstonesBefore = await cut(q, tombstonesMs(retention));
    const from = this.at.get(what) ?? '-infinity';
    return first(q.query<Piece>(pruneResults(idempotency, saga), [module, before, tombstonesBefore, from]));
  }

  private table(name: string): MovingTable | undefined {
    return this.options.tables().find((table) => table.name === name);
  }
}

/** By a clock that nobody sets, since this process looked at the machine's. */
const started = { at: new Date().getTime(), by: performance.now() };
const steadyNow = (): number => started.at + performance.now() - started.by;

const first = async (found: Promise<Piece[]>): Promise<Piece> => (await found)[0]!;

/**
 * What is older may go. By the clock that is behind: the database's, this machine's, or what this machine's has come to since the process
 * started. One that is set ahead meanwhile prunes nothing early.
 */
async function cut(q: Queryable, keptMs: number): Promise<string> {
  const [row] = await q.query<{ before: string }>(
    `select (least(clock_timestamp(), $1::timestamptz) - $2 * interval '1 ms')::text as before`,
    [new Date(Math.min(new Date().getTime(), steadyNow())).toISOString(), keptMs],
  );
  return row!.before;
}
