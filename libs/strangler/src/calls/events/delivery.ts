import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Database } from '../../database/database.js';
import { LeaderSession } from '../../database/leader-session.js';
import type { Router } from '../router.js';
import { anyDueSql, EventLog } from './event-log.js';
import type { OutsideStream } from '../../nats/outside-stream.js';
import type { Lane } from './lane.js';
import { ModuleLane } from './module-lane.js';
import { StreamLane } from './stream-lane.js';
import type { EventSubscriber, ModuleSubscriber } from './subscribers.js';

/** How often a process that does not deliver tries to, and how long one waits that could not, in ms. */
const electionMs = 250;
const backOffMs = 1_000;
/** How long nobody is asked who has nothing to do, and how long with keys in hand, in ms. */
const idleMs = 500;
/** While somebody is being called, new events are looked for after so many ms, at first and at most. Who is done wakes at once. */
const busyMs = { from: 5, to: 40 };
/** How often all keys are looked through, and how long it rests between two pieces, in ms. */
const sweepEveryMs = 3_600_000;
/** How often it is looked whether there is another reason for it, in ms. */
const lookEveryMs = 2_000;
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
    private readonly subscribers: () => readonly string[],
  ) {
    super(client, module, role);
  }

  static async open(
    database: Database,
    module: string,
    subscribers: () => readonly string[],
  ): Promise<EventSession> {
    const session = new EventSession(await database.session(), module, subscribers);
    await session.begin();
    return session;
  }

  protected async isAnythingToDo(): Promise<boolean> {
    const { rows } = await this.client.query<{ any: boolean }>({
      name: 'any event',
      text: anyDueSql(this.module),
      values: [this.module, this.subscribers()],
    });
    return rows[0]?.any === true;
  }
}

/** What a delivery works with. */
export interface EventDeliveryOptions {
  database: Database;
  module: string;
  subscribers: readonly ModuleSubscriber[];
  /** Where outsiders are told of them, and as whom; left out: nowhere. */
  outside?: { subscriber: EventSubscriber; stream: OutsideStream } | undefined;
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
    const { subscribers, outside } = this.options;
    if (subscribers.length > 0 || outside) this.running = this.leadUntilStopped();
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
    const { database, module } = this.options;
    let lanes: Lane[] = [];
    const ready = () => lanes.filter(({ isReady }) => isReady).map(({ subscriber }) => subscriber.name);
    const session = (this.session = await EventSession.open(database, module, ready));
    lanes = this.lanes(session);
    try {
      while (!this.stopping.signal.aborted && !(await session.tryLead())) await session.rest(electionMs);
      const sweeping = this.sweepUntil(session.gone, lanes);
      begun();
      let restMs = busyMs.from;
      while (!this.stopping.signal.aborted) {
        await session.stayAlive();
        const filled = await Promise.all(lanes.map((lane) => lane.fill()));
        if (filled.includes(true)) {
          restMs = busyMs.from;
        } else if (lanes.some(({ isBusy }) => isBusy)) {
          await session.rest(restMs);
          restMs = Math.min(2 * restMs, busyMs.to);
        } else await session.sleep(idleMs);
      }
      session.close();
      await sweeping;
    } finally {
      session.close();
      await Promise.all(lanes.map((lane) => lane.idle()));
    }
  }

  private lanes(session: EventSession): Lane[] {
    const { router, stored, subscribers, outside } = this.options;
    const common = { log: this.log, stored, moved: () => session.wake() };
    return [
      ...subscribers.map((subscriber) => new ModuleLane({ ...common, subscriber }, router)),
      ...(outside ? [new StreamLane({ ...common, subscriber: outside.subscriber }, outside.stream)] : []),
    ];
  }

  /**
   * What was told by a process that did not know a subscriber is found, and what was there before a view; and what a stream has lost. Once an
   * hour, and when keys have come, or another stream is there.
   */
  private async sweepUntil(gone: AbortSignal, lanes: readonly Lane[]): Promise<void> {
    while (!gone.aborted) {
      const [begun, before] = [performance.now(), await this.standing(lanes)];
      let isWhole = true;
      for (const lane of lanes) if (lane.isReady && !(await this.sweep(lane, gone))) isWhole = false;
      do await sleep(lookEveryMs, undefined, { signal: gone }).catch(() => undefined);
      while (
        isWhole &&
        !gone.aborted &&
        performance.now() - begun < sweepEveryMs &&
        (await this.standing(lanes)) === before
      );
    }
  }

  /** Whether it came to its end; where not, it is begun again. */
  private async sweep({ subscriber, stream }: Lane, gone: AbortSignal): Promise<boolean> {
    try {
      for (let after: string | undefined = ''; after !== undefined && !gone.aborted;) {
        after = await this.log.sweep(subscriber, after, { stream });
        await sleep(pieceRestMs, undefined, { signal: gone }).catch(() => undefined);
      }
      return true;
    } catch (error) {
      if (!gone.aborted) this.logger.warn(`could not look through the keys: ${String(error)}`);
      return false;
    }
  }

  /** What has to be looked through anew when it is another one. */
  private async standing(lanes: readonly Lane[]): Promise<string> {
    const epoch = await this.log.epoch().catch(() => undefined);
    return [epoch, ...lanes.map(({ stream }) => stream)].join(' ');
  }
}
