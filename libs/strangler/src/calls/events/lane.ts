import { v5 as uuidv5 } from 'uuid';
import { isDomainError } from '../../contract/errors.js';
import { withContext } from '../../database/context.js';
import type { Router } from '../router.js';
import {
  longestWaitMs,
  type DueKey,
  type EventLog,
  type LoggedEvent,
  type Problem,
  type Settled,
} from './event-log.js';
import type { Subscriber } from './subscribers.js';

/** Keys in hand at a time, and events of one key that are read at once. */
const keysAtOnce = 64;
const eventsAtOnce = 50;
/** Before the second try, in ms; doubled with each one. */
const firstWaitMs = 100;
/** Answered so often with an error, an event is not tried again by itself. */
const mostFailures = 10;
/** The subscriber may be looked for as long as a router looks for an owner, in ms. */
const patienceMs = 10_000;

/** Whoever has an effect of an event has it under this id, so that it is one effect. */
export const deliveryId = (event: string, subscriber: string): string => uuidv5(subscriber, event);

/** What a lane works with. */
export interface LaneOptions {
  log: EventLog;
  router: Pick<Router, 'call'>;
  subscriber: Subscriber;
  /** Waits until the other side of the publisher has what these keys have told, where answers wait for it. */
  stored: (keys: readonly string[]) => Promise<void>;
  /** Something was written down: there may be more to do. */
  moved: () => void;
}

/** Calls one subscriber for the events of one module: many keys at a time, those of a key one after the other. */
export class Lane {
  private readonly inHand = new Map<string, Promise<void>>();
  private settled: Settled[] = [];
  private writing: Promise<void> | undefined;

  constructor(private readonly options: LaneOptions) {}

  get subscriber(): Subscriber {
    return this.options.subscriber;
  }

  get isBusy(): boolean {
    return this.inHand.size > 0 || this.writing !== undefined;
  }

  /** Takes keys in hand whose time has come, as many as there is room for. Whether there were any. */
  async fill(): Promise<boolean> {
    const { log, subscriber, stored } = this.options;
    const limit = keysAtOnce - this.inHand.size;
    if (limit <= 0) return false;
    const due = await log.due(subscriber, { limit, each: eventsAtOnce, busy: [...this.inHand.keys()] });
    if (due.length === 0) return false;
    await stored(due.map(({ key }) => key));
    for (const each of due) this.inHand.set(each.key, this.work(each));
    return true;
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    while (this.isBusy) await Promise.allSettled([...this.inHand.values(), this.writing]);
  }

  private async work(due: DueKey): Promise<void> {
    await this.settle(await this.handle(due));
    this.inHand.delete(due.key);
    this.options.moved();
  }

  private async settle(each: Settled): Promise<void> {
    this.settled.push(each);
    while (this.settled.includes(each)) await (this.writing ??= this.write());
  }

  /** All that was settled while the former one was written goes in one statement. */
  private async write(): Promise<void> {
    await Promise.resolve();
    const settled = this.settled.splice(0);
    await this.options.log.settle(this.subscriber.name, settled);
    this.writing = undefined;
  }

  private async handle({ key, seq: from, head, events, tries, failures }: DueKey): Promise<Settled> {
    let seq = from;
    for (const event of events) {
      try {
        await this.call(event);
      } catch (error) {
        const before = seq === from ? { tries, failures } : { tries: 0, failures: 0 };
        return { key, from, seq, problem: problemOf(error, before) };
      }
      seq = event.seq;
    }
    return { key, from, seq: events.length < eventsAtOnce ? head : seq };
  }

  private call({ id, type, data, requestId, traceparent }: LoggedEvent): Promise<unknown> {
    const { router, subscriber, log } = this.options;
    const operation = subscriber.commands.get(type)!;
    const context = {
      requestId,
      ...(traceparent !== null && { traceparent }),
      deadline: performance.now() + patienceMs,
      caller: { program: log.module, as: 'module' as const },
      servedBy: new Map(),
    };
    return withContext(context, () =>
      router.call(operation, data, { commandId: deliveryId(id, subscriber.name) }),
    );
  }
}

/** An error that the subscriber has answered counts; that it could not be reached does not, however long that goes on. */
function problemOf(error: unknown, before: Pick<Problem, 'tries' | 'failures'>): Problem {
  const away = isDomainError(error) && (error.code === 'unavailable' || error.code === 'outcome_unknown');
  const failures = before.failures + (away ? 0 : 1);
  const tries = before.tries + 1;
  const wait =
    Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(tries - 1, 20)) * (0.5 + Math.random() / 2);
  return {
    error: isDomainError(error) ? `${error.code}: ${error.message}` : String(error),
    ...{ tries, failures },
    retryMs: failures >= mostFailures ? null : Math.round(wait),
  };
}
