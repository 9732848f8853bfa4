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

  /** Calls `listener` with every entry until the returned function is called. */
  join(listener: (entry: HistoryEntry) => void): () => void {
    this.events.on('entry', listener);
    this.session ??= this.listen();
    return () => this.events.off('entry', listener);
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
