import { UnconfirmedError, type WrittenRows } from '../../database/acknowledger.js';
import type { Database } from '../../database/database.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { answersAlone, freshCopyMs, markDegraded } from './degraded.js';
import { multirange } from './ids.js';

/** How often the outbox is asked for all waiters together, in ms: where the relay tells of its deliveries, and elsewhere. */
const pollMs = { leading: 50, following: 5 };
/** How soon a mark that could not be written is tried again, in ms. */
const markAgainMs = 100;
/** After so many ms without a mark the outcome is not known, in ms: no caller waits for longer. */
const unknownMs = 10_000;
/** So many of the last deliveries are remembered, for those who ask after the fact. */
const remembered = 50_000;
/** Of so many starts of the server: of the present one, and of the one that some may still wait on. */
const startsRemembered = 2;

type Outcome = 'stored' | 'degraded';

interface Waiter {
  left: Set<number>;
  /** Since when this process knows that a row of it is parked, by `performance.now()`. */
  parkedAt: number | undefined;
  /** The start of the server that they were written on. */
  start: string;
  since: number;
  settle: (outcome: Outcome) => void;
  /** It will not be known. */
  abandon: () => void;
  timer: NodeJS.Timeout;
}

/** Rows that are stored on the other side, by their ids; the earlier ones are forgotten first. */
interface Told {
  recent: Set<number>;
  earlier: Set<number>;
}

/** What the poll finds: rows that are still in the outbox or were given up, and whether answers go without the other side. */
interface Found {
  /** Its changes have this id, and the next ones, so many. */
  id: number | null;
  count: number;
  parked: boolean;
  lost: boolean;
  degraded: boolean;
  start: string;
  /** No change has a greater number yet. */
  highest: number;
}

/**
 * Tells when outbox rows are stored on the other side, for `ack: both`. In the process of the relay it hears so from the
 * relay; elsewhere, one query asks the outbox for all waiters.
 */
export class Deliveries {
  private readonly waiters = new Set<Waiter>();
  /** By start of the server: on another one the same ids may be other rows. Starts have no order, for a clock may be set back. */
  private readonly told = new Map<string, Told>();
  private leading = false;
  private degraded = false;
  private poll: NodeJS.Timeout | undefined;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly module: string,
  ) {}

  /**
   * Resolves when exactly these outbox rows are stored on the other side; ids that are not in the module's outbox are, on the start
   * that they were written on. `degraded`: the other side does not confirm, or a row is parked, and its copy does not count as fresh
   * any more; when `deadlineMs` have passed, the module is degraded, and its database says so. @throws {UnconfirmedError} this
   * process ends before that is written down, or the database was put back, or the rows were given up.
   */
  whenStored({ ids, start }: WrittenRows, deadlineMs: number): Promise<Outcome> {
    const told = this.told.get(start);
    const left = new Set(ids.filter((id) => !told?.recent.has(id) && !told?.earlier.has(id)));
    if (left.size === 0) return Promise.resolve('stored');
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(waiter.timer);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        left,
        parkedAt: undefined,
        start,
        since: performance.now(),
        settle: (outcome) => {
          end();
          resolve(outcome);
        },
        abandon: () => {
          end();
          reject(new UnconfirmedError(this.module));
        },
        timer: setTimeout(() => void this.giveUp(waiter, deadlineMs), deadlineMs),
      };
      this.waiters.add(waiter);
      if (this.degraded) void this.ask();
      else this.schedule();
    });
  }

  /**
   * The changes under these routing keys that are on their way now: all that a command for them has written before, for one
   * that comes again while its first answer waits. Its claim alone says nothing: rows go over in the order of their last
   * change, and a later command may have changed a row of this one. Of a module owned as a whole, the key is its name.
   */
  async outstandingOf(module: string, keys: readonly string[]): Promise<WrittenRows> {
    const [row] = await this.database.query<{ ids: number[] | null; start: string }>(
      `select json_agg(o.id + c.place - 1) as ids, strangler.start_text(strangler.server_start()) as start
       from strangler.outbox o cross join unnest(o.keys) with ordinality c (key, place)
       where o.module = $1 and o.parked is null and o.keys && ($2::text[] || $1) and c.key = any($2::text[] || $1)`,
      [module, keys],
    );
    return { ids: row?.ids ?? [], start: row?.start ?? '' };
  }

  /** The relay tells: these, of this start, are stored. */
  stored(ids: readonly number[], start: string): void {
    const told = this.toldOn(start);
    if (told.recent.size > remembered) [told.earlier, told.recent] = [told.recent, new Set()];
    for (const id of ids) told.recent.add(id);
    for (const waiter of this.waiters) {
      if (waiter.start !== start) continue;
      for (const id of waiter.left) if (told.recent.has(id)) waiter.left.delete(id);
      if (waiter.left.size === 0) waiter.settle('stored');
    }
  }

  /** The relay tells whether it runs in this process. */
  lead(leading: boolean): void {
    this.leading = leading;
  }

  /**
   * Marks the module degraded. All who wait go when the database says that answers go without the other side. Without the mark
   * nobody goes: a fail-over has to know. `silentMs`: for how long nothing was confirmed. Answers whether the mark was written.
   */
  async degrade(reason: string, silentMs?: number): Promise<boolean> {
    if (!(await markDegraded(this.database, this.module, reason, silentMs).catch(() => false))) return false;
    this.look();
    return true;
  }

  /** The relay tells: the other side confirms again, and answers wait for it. */
  recovered(): void {
    this.degraded = false;
  }

  private toldOn(start: string): Told {
    const told = this.told.get(start) ?? { recent: new Set(), earlier: new Set() };
    this.told.set(start, told);
    const [oldest] = this.told.keys();
    if (this.told.size > startsRemembered) this.told.delete(oldest!);
    return told;
  }

  /** The database was put back: the same ids may be other rows. */
  forget(): void {
    this.told.clear();
  }

  /** Looks after the waiters at once: a row of theirs may be parked. */
  look(): void {
    if (this.waiters.size > 0) void this.ask();
  }

  async close(): Promise<void> {
    if (this.waiters.size > 0 && (await this.degrade('the process ended while answers waited')))
      await this.letGo();
    for (const waiter of this.waiters) waiter.abandon();
    clearTimeout(this.poll);
    await this.asking;
  }

  private async giveUp(waiter: Waiter, deadlineMs: number): Promise<void> {
    if (!this.waiters.has(waiter)) return;
    await this.ask();
    if (!this.waiters.has(waiter)) return;
    const isSettledSoon =
      waiter.parkedAt !== undefined ||
      (await this.degrade(`a write was not stored there within ${deadlineMs} ms`));
    // The other side refuses, or the mark cannot be written.
    if (performance.now() - waiter.since > unknownMs) waiter.abandon();
    const againMs = isSettledSoon ? freshCopyMs : markAgainMs;
    if (this.waiters.has(waiter))
      waiter.timer = setTimeout(() => void this.giveUp(waiter, deadlineMs), againMs);
  }

  /** Waits until answers go without the other side. */
  private async letGo(): Promise<void> {
    const giveUpAt = performance.now() + 2 * freshCopyMs;
    while (this.waiters.size > 0 && performance.now() < giveUpAt) {
      await this.ask();
      await sleep(pollMs.leading);
    }
  }

  private schedule(): void {
    if (this.poll || this.waiters.size === 0) return;
    this.poll = setTimeout(
      () => {
        this.poll = undefined;
        void this.ask();
      },
      this.leading ? pollMs.leading : pollMs.following,
    );
  }

  /** One question at a time; who comes meanwhile is in the next. */
  private async ask(): Promise<void> {
    await this.asking;
    this.asking ??= this.askOutbox().finally(() => {
      this.asking = undefined;
      this.schedule();
    });
    await this.asking;
  }

  private async askOutbox(): Promise<void> {
    const asked = [...this.waiters];
    const ids = [...new Set(asked.flatMap(({ left }) => [...left]))];
    if (ids.length === 0) return;
    // Without an answer they ask again, until their deadline: what they wrote is committed.
    await this.find(ids).then(
      (found) => this.settle(asked, found),
      () => undefined,
    );
  }

  private find(ids: number[]): Promise<Found[]> {
    return this.database.query<Found>(
      `select o.id::float8 as id, o.count, o.parked, o.lost, ${answersAlone} and strangler.is_proven(w) as degraded,
         strangler.start_text(strangler.server_start()) as start,
         (select last_value::float8 from strangler.outbox_id_seq) + 999 as highest
       from strangler.ownership w
       left join (
         select o.id, o.count, o.parked is not null as parked, false as lost
         from unnest($2::int8multirange) asked join strangler.outbox o
           on o.module = $1 and o.id > lower(asked) - 1000 and o.id < upper(asked) and o.id + o.count > lower(asked)
         union all
         select g.id, 1, g.parked, not g.parked
         from unnest($2::int8multirange) asked join strangler.given_up g
           on g.module = $1 and g.id >= lower(asked) and g.id < upper(asked)
       ) o on true
       left join strangler.relay r on r.module = $1
       where w.module = $1`,
      [this.module, multirange(ids)],
      { prepared: true },
    );
  }

  private settle(asked: readonly Waiter[], found: readonly Found[]): void {
    const there = new Map(found.flatMap((row) => changesOf(row).map((id) => [id, row.parked])));
    const lost = new Set(found.flatMap((row) => (row.lost ? changesOf(row) : [])));
    this.degraded = found.some(({ degraded }) => degraded);
    const now = performance.now();
    for (const waiter of asked) {
      const { left, start, settle, abandon } = waiter;
      // An id that was never given here: its row went with the rest of a database that was put back.
      if (start !== found[0]?.start || [...left].some((id) => lost.has(id) || id > found[0]!.highest)) {
        abandon();
        continue;
      }
      for (const id of left) if (!there.has(id)) left.delete(id);
      waiter.parkedAt = [...left].some((id) => there.get(id)) ? (waiter.parkedAt ?? now) : undefined;
      if (left.size === 0) settle('stored');
      else if (this.degraded || now - (waiter.parkedAt ?? now) > freshCopyMs) settle('degraded');
    }
  }
}

const changesOf = ({ id, count }: Found): number[] =>
  id === null ? [] : Array.from({ length: count }, (_, place) => id + place);
