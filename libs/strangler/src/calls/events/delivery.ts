import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Database } from '../../database/database.js';
import { LeaderSession } from '../../database/leader-session.js';
import type { Router } from '../router.js';
import { anyDueSql, EventLog } from './event-log.js';
import { Lane } from './lane.js';
import type { EventSubscriber } from './subscribers.js';

/** How often a process that does not deliver tries to, and how long one waits that could not, in ms. */
const electionMs = 250;
const backOffMs = 1_000;
/** How long nobody is asked who has nothing to do, and how long with keys in hand, in ms. */
const idleMs = 500;
const busyMs = 5;
/** How often all keys are looked through, and how long it rests between two pieces, in ms. */
const sweepEveryMs = 3_600_000;
const pieceRestMs = 100;

const role = {
  lock: 'strangler.event_lock()',
  sleepLock: 'strangler.event_sleep_lock()',
  channel: 'strangler_events',
};

class EventSession extends LeaderSession {
  private constructor(
    client: Client,
    module: string,
    private readonly subscribers: readonly string[],
  ) {
    super(client, module, role);
  }

  static async open(
    database: Database,
    module: string,
    subscribers: readonly string[],
  ): Promise<EventSession> {
    const session = new EventSession(await database.session(), module, subscribers);
    await session.begin();
    return session;
  }

  protected async isAnythingToDo(): Promise<boolean> {
    const { rows } = await this.client.query<{ any: boolean }>({
      name: 'any event',
      text: anyDueSql(this.module),
      values: [this.module, this.subscribers],
    });
    return rows[0]?.any === true;
  }
}

/** What a delivery works with. */
export interface EventDeliveryOptions {
  database: Database;
  module: string;
  subscribers: readonly EventSubscriber[];
  router: Pick<Router, 'call' | 'isTransactional' | 'together'>;
  /** Waits until the other side of the module has what these keys have told, where answers wait for it. */
  stored: (keys: readonly string[]) => Promise<void>;
}

/**
 * Calls the subscribers of a module's events, of those keys that this side owns. One process does so, the others stand by; two at a time would do
 * no harm, for each effect has the id of its event and its subscriber.
 */
export class EventDelivery implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger: Logger;
  private readonly log: EventLog;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private session: EventSession | undefined;

  constructor(private readonly options: EventDeliveryOptions) {
    this.logger = new Logger(`${EventDelivery.name} ${options.module}`);
    this.log = new EventLog(options.database, options.module);
  }

  onApplicationBootstrap(): void {
    if (this.options.subscribers.length > 0) this.running = this.leadUntilStopped();
  }

  /** Resolves when nobody is being called any more. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.session?.wake();
    await this.running;
  }

  private async leadUntilStopped(): Promise<void> {
    const { signal } = this.stopping;
    let said: string | undefined;
    while (!signal.aborted) {
      try {
        await this.lead(() => (said = undefined));
      } catch (error) {
        if (signal.aborted) return;
        if (String(error) !== said) this.logger.warn(`delivers no more events: ${String(error)}`);
        said = String(error);
      }
      await sleep(backOffMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async lead(begun: () => void): Promise<void> {
    const { database, module, subscribers } = this.options;
    const names = subscribers.map(({ name }) => name);
    const session = (this.session = await EventSession.open(database, module, names));
    const lanes = subscribers.map((subscriber) => this.lane(subscriber, session));
    try {
      while (!this.stopping.signal.aborted && !(await session.tryLead())) await session.rest(electionMs);
      const sweeping = this.sweepUntil(session.gone);
      begun();
      while (!this.stopping.signal.aborted) {
        const filled = await Promise.all(lanes.map((lane) => lane.fill()));
        if (filled.includes(true)) continue;
        await (lanes.some(({ isBusy }) => isBusy) ? session.rest(busyMs) : session.sleep(idleMs));
      }
      session.close();
      await sweeping;
    } finally {
      session.close();
      await Promise.all(lanes.map((lane) => lane.idle()));
    }
  }

  private lane(subscriber: EventSubscriber, session: EventSession): Lane {
    const { router, stored } = this.options;
    return new Lane({ log: this.log, router, subscriber, stored, moved: () => session.wake() });
  }

  /** What was told by a process that did not know a subscriber is found, and what was there before a view. */
  private async sweepUntil(gone: AbortSignal): Promise<void> {
    const rest = (ms: number) => sleep(ms, undefined, { signal: gone }).catch(() => undefined);
    while (!gone.aborted) {
      for (const subscriber of this.options.subscribers)
        for (
          let after: string | undefined = '';
          after !== undefined && !gone.aborted;
          await rest(pieceRestMs)
        )
          after = await this.log.sweep(subscriber, after).catch((error: unknown) => {
            if (!gone.aborted) this.logger.warn(`could not look through the keys: ${String(error)}`);
            return undefined;
          });
      await rest(sweepEveryMs);
    }
  }
}
