import { longestWaitMs, type DueKey, type EventLog, type HandledKey } from './event-log.js';
import type { EventSubscriber } from './subscribers.js';

/** Keys in hand at a time, and events of one key that are read at once. */
const keysAtOnce = 128;
const eventsAtOnce = 50;
/** Before the second try, in ms; doubled with each one. */
const firstWaitMs = 100;

/** What a lane works with. */
export interface LaneOptions<S extends EventSubscriber> {
  log: EventLog;
  subscriber: S;
  /** Waits until the other side of the publisher has what these keys have told, where answers wait for it. */
  stored: (keys: readonly string[]) => Promise<void>;
  /** Something was written down: there may be more to do. */
  moved: () => void;
}

/** Keys that are handled together, and when that is done. */
export interface InHand {
  readonly keys: readonly DueKey[];
  readonly done: Promise<void>;
}

/** Brings the events of one module to one subscriber: many keys at a time, those of a key one after the other. */
export abstract class Lane<S extends EventSubscriber = EventSubscriber> {
  private readonly inHand = new Map<string, Promise<void>>();
  private settled: HandledKey[] = [];
  private writing: Promise<void> | undefined;

  constructor(protected readonly options: LaneOptions<S>) {}

  get subscriber(): S {
    return this.options.subscriber;
  }

  get isBusy(): boolean {
    return this.inHand.size > 0;
  }

  /** Whether there is any use in asking what is due. */
  get isReady(): boolean {
    return true;
  }

  /** The stream that the events are brought to: what another one had is lost. `undefined`: to none. */
  get stream(): number | undefined {
    return undefined;
  }

  /** Takes keys in hand whose time has come, as many as there is room for. Whether there were any. */
  async fill(): Promise<boolean> {
    const { log, subscriber, stored } = this.options;
    const limit = keysAtOnce - this.inHand.size;
    if (!this.isReady || limit <= 0) return false;
    const { stream } = this;
    const due = await log.due(subscriber, {
      ...{ limit, each: eventsAtOnce, busy: [...this.inHand.keys()] },
      ...(stream !== undefined && { stream }),
    });
    if (due.length === 0) return false;
    await stored(due.map(({ key }) => key));
    for (const { keys, done } of this.begin(due, stream))
      for (const { key } of keys) this.inHand.set(key, done);
    return true;
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    while (this.isBusy) await Promise.allSettled(this.inHand.values());
  }

  /** Begins with all of them. */
  protected abstract begin(due: readonly DueKey[], stream: number | undefined): readonly InHand[];

  /** Writes down what came of a key, if anything did, and lays it down. */
  protected async layDown(key: string, handled: HandledKey | undefined): Promise<void> {
    if (handled) await this.settle(handled);
    this.inHand.delete(key);
  }

  private async settle(each: HandledKey): Promise<void> {
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
}

/** How far a key is whose events were all handled; if it has no more, none is left. */
export const reached = ({ head, events }: DueKey): number =>
  events.length < eventsAtOnce ? head : events.at(-1)!.seq;

/** When what was tried so often is tried again, in ms from now. */
export const retryMs = (tries: number): number =>
  Math.round(Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(tries - 1, 20)) * (0.5 + Math.random() / 2));
