import { EventEmitter } from 'node:events';
import type { Client } from 'pg';
import type { Database } from '../../database/database.js';
import { pinged } from '../../database/silence.js';
import { historyChannel, type History } from './history.js';
import type { HistoryEntry } from '../terms/views.js';

const again = 1_000;

/** Hears of every new entry of the history, whichever process writes it. Listens only while somebody wants to know. */
export class HistoryFeed {
  private readonly events = new EventEmitter().setMaxListeners(0);
  private session: Promise<Client | undefined> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly database: Database,
    private readonly history: History,
  ) {}

  /**
   * Calls `listener` with every entry until the returned function is called. `after`: the id of the last one that it has heard of before; those since
   * then come first.
   */
  join(listener: (entry: HistoryEntry) => void, after?: number): () => void {
    let held: HistoryEntry[] | null = after === undefined ? null : [];
    // An entry that was found may be told of afterwards.
    const found = new Set<number>();
    const pass = (entry: HistoryEntry) => {
      if (!found.has(entry.id)) listener(entry);
    };
    const hear = (entry: HistoryEntry) => {
      if (held) held.push(entry);
      else pass(entry);
    };
    this.events.on('entry', hear);
    this.session ??= this.listen();
    if (after !== undefined)
      void this.missedSince(after).then((missed) => {
        if (!this.events.listeners('entry').includes(hear)) return;
        missed.forEach(pass);
        for (const { id } of missed) found.add(id);
        held?.forEach(pass);
        held = null;
      });
    return () => this.events.off('entry', hear);
  }

  /** Only once it is heard what comes: nothing falls between the two. */
  private async missedSince(after: number): Promise<HistoryEntry[]> {
    await this.session;
    return this.history.since(after).catch(() => []);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await (await this.session)?.end();
  }

  private async listen(): Promise<Client | undefined> {
    try {
      const session = pinged(await this.database.session());
      session.on('notification', ({ payload }) => void this.tell(Number(payload)));
      session.once('end', () => this.later());
      await session.query(`listen ${historyChannel}`);
      return session;
    } catch {
      this.later();
      return undefined;
    }
  }

  private later(): void {
    if (this.closed) return;
    this.retry = setTimeout(() => {
      this.session = this.listen();
    }, again).unref();
  }

  private async tell(id: number): Promise<void> {
    const entry = await this.history.entry(id).catch(() => undefined);
    if (entry) this.events.emit('entry', entry);
  }
}
