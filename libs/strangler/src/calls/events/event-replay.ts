import type { Database, Queryable } from '../../database/database.js';
import { quoted, sqlOfTable } from '../../database/tables.js';
import type { EventSubscriber } from './subscribers.js';

/** Whoever is at a replay for so long, in ms, has gone away: it may be begun anew. All its steps together take less. */
export const longestReplayMs = 120_000;

interface Mark {
  isSecond: boolean;
}

/** What a replay needs to know of the log. */
export interface LogBegin {
  /** Whether the subscriber was ever called, or was to be. */
  isKnown: boolean;
  /** When the oldest event was told that the log still has, RFC 3339; null: it has none. */
  oldest: string | null;
  /** Whether it lacks the first events of some keys. */
  isPruned: boolean;
}

/** How a module's log begins, and whether a subscriber knows it. */
export async function logBegin(on: Queryable, module: string, subscriber: string): Promise<LogBegin> {
  const [row] = await on.query<Omit<LogBegin, 'oldest'> & { oldestMs: number | null }>(
    `select exists (select from ${quoted(module)}.event_cursor where subscriber = $1) as "isKnown",
       (select extract(epoch from min(at))::float8 * 1000 from ${quoted(module)}.event) as "oldestMs",
       exists (select from ${quoted(module)}.event_stream s where not exists (
         select from ${quoted(module)}.event e where e.routing_key = s.routing_key and e.seq = 1)) as "isPruned"`,
    [subscriber],
  );
  const { oldestMs, ...rest } = row!;
  return { ...rest, oldest: oldestMs === null ? null : new Date(oldestMs).toISOString() };
}

/**
 * Sends a subscriber events again that it has handled, after its view was emptied. What can happen meanwhile, in which order, is in
 * docs/adr/0072: first nothing new is begun, then what was begun is done, then the view is emptied, then all begins under other ids.
 */
export class EventReplay {
  private readonly event: string;
  private readonly cursor: string;

  constructor(
    private readonly database: Database,
    private readonly module: string,
    private readonly subscriber: EventSubscriber,
    private readonly id: string,
  ) {
    [this.event, this.cursor] = [`${quoted(module)}.event`, `${quoted(module)}.event_cursor`];
  }

  /**
   * From here on nothing behind what there is now is delivered; what is being delivered goes on. False: somebody else has begun, and may
   * be at it still. @throws unless all keys are this side's
   */
  async hold(): Promise<boolean> {
    const { module, subscriber, id } = this;
    const marked = await this.database.query(
      `insert into strangler.event_replay as r (module, subscriber, id, epoch, is_second)
         select module, $2, $3, epoch, exists (select from ${this.cursor} c where c.subscriber = $2 and c.stop is not null)
         from strangler.ownership where module = $1
       on conflict (module, subscriber) do update
         set id = excluded.id, epoch = excluded.epoch, is_second = excluded.is_second, began_at = excluded.began_at
         where r.epoch <> excluded.epoch
           or r.began_at not between clock_timestamp() - $4 * interval '1 ms' and clock_timestamp()
       returning 1`,
      [module, subscriber.name, id, longestReplayMs],
    );
    if (marked.length === 0) return false;
    try {
      // Only now: whoever has begun with a key before he could see that row has a cursor that is seen here.
      await this.asOwner((q) =>
        q.query(`update ${this.cursor} set stop = head where subscriber = $1 and stop is null`, [
          subscriber.name,
        ]),
      );
    } catch (error) {
      await this.forget(this.database);
      throw error;
    }
    return true;
  }

  /** Whether all that was begun is done. @throws when somebody else has begun anew */
  async isQuiet(): Promise<boolean> {
    const [row] = await this.database.query<{ quiet: boolean; mine: boolean }>(
      `select not exists (select from ${this.cursor} where subscriber = $1 and seq < stop) as quiet,
         exists (select from strangler.event_replay r join strangler.ownership using (module, epoch)
           where module = $2 and r.subscriber = $1 and r.id = $3) as mine`,
      [this.subscriber.name, this.module, this.id],
    );
    if (!row!.mine) throw this.lost();
    return row!.quiet;
  }

  /** All goes on as before. False: it stays as it is, for one before this came to no end. @throws when somebody else has begun anew */
  release(): Promise<boolean> {
    return this.asOwner(async (q) => {
      const { isSecond } = await this.end(q);
      if (isSecond) return false;
      await q.query(`update ${this.cursor} set stop = null where subscriber = $1 and stop is not null`, [
        this.subscriber.name,
      ]);
      return true;
    });
  }

  /**
   * Begins anew, at the first event that was told at `from` or later; null: that there is. How many keys have any. @throws when somebody else has
   * begun anew
   */
  async restart(from: string | null): Promise<number> {
    const { name, types } = this.subscriber;
    return this.asOwner(async (q) => {
      await this.end(q);
      const [row] = await q.query<{ generation: number }>(
        `select coalesce(max(generation) + 1, 0) as generation from ${this.cursor} where subscriber = $1`,
        [name],
      );
      const begun = await q.query(
        `insert into ${this.cursor} as c (routing_key, subscriber, seq, head, due_at, generation)
           select routing_key, $1, min(seq) - 1, max(seq), clock_timestamp(), $2 from ${this.event}
           where type = any($3) and ($4::timestamptz is null or at >= $4) group by routing_key
         on conflict (routing_key, subscriber) do update set seq = excluded.seq, head = greatest(c.head, excluded.head),
           due_at = excluded.due_at, generation = excluded.generation, stop = null, resent = null,
           tries = 0, failures = 0, error = null, failed_at = null
         returning routing_key`,
        [name, row!.generation, [...types], from],
      );
      await q.query(
        `update ${this.cursor} set stop = null, generation = $2 where subscriber = $1 and stop is not null`,
        [name, row!.generation],
      );
      return begun.length;
    });
  }

  private async end(q: Queryable): Promise<Mark> {
    const [mark] = await this.forget(q);
    if (!mark) throw this.lost();
    return mark;
  }

  private forget(q: Queryable): Promise<Mark[]> {
    return q.query<Mark>(
      `delete from strangler.event_replay r using strangler.ownership o
       where o.module = r.module and o.epoch = r.epoch and r.module = $1 and r.subscriber = $2 and r.id = $3
       returning r.is_second as "isSecond"`,
      [this.module, this.subscriber.name, this.id],
    );
  }

  private lost(): Error {
    const { module, subscriber } = this;
    return new Error(`the replay of ${module} to ${subscriber.name} was taken over, or has ended`);
  }

  private asOwner<T>(work: (q: Queryable) => Promise<T>): Promise<T> {
    return asOwnerOfAll(this.database, this.module, work);
  }
}

/** Empties tables that hold nothing but what events have filled. @throws unless all rows are this side's */
export async function emptyView(
  database: Database,
  module: string,
  tables: readonly string[],
): Promise<void> {
  await asOwnerOfAll(database, module, async (q) => {
    for (const table of tables) await q.query(`delete from ${sqlOfTable(module, table)}`);
  });
}

/** Subscribers whose view is being emptied, at this epoch of the module: meanwhile no key of it changes its owner. */
export async function replaying(on: Queryable, module: string, epoch: number): Promise<string[]> {
  const rows = await on.query<{ subscriber: string }>(
    'select subscriber from strangler.event_replay where module = $1 and epoch = $2 order by subscriber',
    [module, epoch],
  );
  return rows.map(({ subscriber }) => subscriber);
}

function asOwnerOfAll<T>(database: Database, module: string, work: (q: Queryable) => Promise<T>): Promise<T> {
  return database.transaction(async (q) => {
    await q.query(`select strangler.assert_owner($1, '{}')`, [module]);
    const [row] = await q.query<{ all: boolean }>(
      `select strangler.owns_all(o) as all from strangler.ownership o where module = $1`,
      [module],
    );
    if (!row?.all) throw new Error(`this side does not own all of ${module}`);
    return work(q);
  });
}
