import { repairEvent, type EventRepair } from '../calls/events/event-repair.js';
import { emptyView, EventReplay, logBegin, replaying, type LogBegin } from '../calls/events/event-replay.js';
import {
  eventViews,
  subscriberLags,
  type EventQuestion,
  type EventView,
  type SubscriberLag,
  type ToldEvents,
} from '../calls/events/event-views.js';
import type { EventSubscriber } from '../calls/events/subscribers.js';
import type { Database } from '../database/database.js';
import type { EventControl, ReplayStep } from './event-control.js';

/** What a side knows of events. */
export interface EventsOfSide {
  /** What its module tells, and to whom; left out: nothing. */
  readonly told?: ToldEvents | undefined;
  /** By the module whose events fill them: tables of the side's own module. */
  readonly views?: ReadonlyMap<string, readonly string[]> | undefined;
}

/** Carries out, for one side of a module, what is asked about its events. */
export class SideEvents implements EventControl {
  constructor(
    private readonly database: Database,
    private readonly module: string,
    private readonly of: EventsOfSide,
  ) {}

  async events(question: EventQuestion): Promise<EventView[]> {
    return this.of.told ? eventViews(this.database, this.of.told, question) : [];
  }

  async eventLags(): Promise<SubscriberLag[]> {
    return this.of.told ? subscriberLags(this.database, this.of.told) : [];
  }

  async repairEvent(repair: EventRepair): Promise<boolean> {
    return repairEvent(this.database, this.module, this.subscriber(repair.subscriber), repair);
  }

  async logBegin({ subscriber }: { subscriber: string }): Promise<LogBegin> {
    return logBegin(this.database, this.module, this.subscriber(subscriber).name);
  }

  async replay({ subscriber, id, step, from = null }: ReplayStep): Promise<boolean> {
    const replay = new EventReplay(this.database, this.module, this.subscriber(subscriber), id);
    if (step === 'hold') return replay.hold();
    if (step === 'quiet') return replay.isQuiet();
    if (step === 'release') return replay.release();
    await replay.restart(from);
    return true;
  }

  async viewOf({ publisher }: { publisher: string }): Promise<string[] | null> {
    const tables = this.of.views?.get(publisher);
    return tables ? [...tables] : null;
  }

  async emptyView({ publisher }: { publisher: string }): Promise<void> {
    const tables = this.of.views?.get(publisher);
    if (!tables) throw new Error(`${this.module} has no tables that events of ${publisher} alone fill`);
    await emptyView(this.database, this.module, tables);
  }

  /** Why keys may not change their owner, for their events are being sent again. */
  async replays(epoch: number): Promise<string[]> {
    const subscribers = await replaying(this.database, this.module, epoch);
    return subscribers.map(
      (name) => `events of ${this.module} are being sent to ${name} again: end that first (events replay)`,
    );
  }

  async requireNoReplay(epoch: number): Promise<void> {
    const [replay] = await this.replays(epoch);
    if (replay !== undefined) throw new Error(replay);
  }

  /** @throws when this process knows none */
  private subscriber(name: string): EventSubscriber {
    const found = this.of.told?.subscribers.find((each) => each.name === name);
    if (!found) throw new Error(`${name} is called for no event of ${this.module}`);
    return found;
  }
}
