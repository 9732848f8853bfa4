import type { EventRepair } from '../calls/events/event-repair.js';
import type { LogBegin } from '../calls/events/event-replay.js';
import type { EventQuestion, EventView, SubscriberLag } from '../calls/events/event-views.js';

/** A step of a replay for one subscriber; see {@link EventReplay}. */
export interface ReplayStep {
  subscriber: string;
  /** Of whoever is at it. */
  id: string;
  /** `hold` answers whether nobody else is at it; `quiet`, whether what was begun is done; `release`, whether all goes on. */
  step: 'hold' | 'quiet' | 'restart' | 'release';
  /** Of a restart: the first event is told at this time or later, RFC 3339; null: it is the first that there is. */
  from?: string | null;
}

/** What is asked of one side about the events of its module: of the keys that belong to it, so that each is answered once. */
export interface EventControl {
  events(question: EventQuestion): Promise<EventView[]>;
  eventLags(): Promise<SubscriberLag[]>;
  /** Whether the event stood as it has to. @throws when its key is not this side's */
  repairEvent(repair: EventRepair): Promise<boolean>;
  logBegin(of: { subscriber: string }): Promise<LogBegin>;
  /** @throws unless all keys are this side's */
  replay(step: ReplayStep): Promise<boolean>;
  /** Tables of this module that events of `publisher` alone fill; null: it has said none. */
  viewOf(of: { publisher: string }): Promise<string[] | null>;
  /** Empties them. @throws unless all their rows are this side's */
  emptyView(of: { publisher: string }): Promise<void>;
}
