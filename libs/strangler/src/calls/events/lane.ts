import { v5 as uuidv5 } from 'uuid';
import { isDomainError } from '../../contract/errors.js';
import { withContext, type CallContext } from '../../database/context.js';
import type { Router } from '../router.js';
import {
  longestWaitMs,
  type DueKey,
  type EventLog,
  type LoggedEvent,
  type Problem,
  type HandledKey,
} from './event-log.js';
import { handledFor, type EventCommand } from './handle-together.js';
import type { EventSubscriber } from './subscribers.js';

/** Keys in hand at a time, events of one key that are read at once, and about how many are handled in one transaction. */
const keysAtOnce = 128;
const eventsAtOnce = 50;
const eventsTogether = 64;
/** Before the second try, in ms; doubled with each one. */
const firstWaitMs = 100;
/** Answered so often with an error, an event is not tried again by itself. */
const mostFailures = 10;
/** The subscriber may be looked for as long as a router looks for an owner, in ms. */
const patienceMs = 10_000;

/** Whoever has an effect of an event has it under this id, so that it is one effect; in a view that is built anew it is another one. */
const deliveryId = (event: string, subscriber: string, generation: number): string =>
  uuidv5(generation === 0 ? subscriber : `${subscriber}@${generation}`, event);

/** What a lane works with. */
export interface LaneOptions {
  log: EventLog;
  router: Pick<Router, 'call' | 'isTransactional' | 'together'>;
  subscriber: EventSubscriber;
  /** Waits until the other side of the publisher has what these keys have told, where answers wait for it. */
  stored: (keys: readonly string[]) => Promise<void>;
  /** Something was written down: there may be more to do. */
  moved: () => void;
}

/** A key and the commands for its events, in their order. */
interface Work extends DueKey {
  readonly commands: readonly EventCommand[];
}

/** Calls one subscriber for the events of one module: many keys at a time, those of a key one after the other. */
export class Lane {
  private readonly inHand = new Map<string, Promise<void>>();
  private settled: HandledKey[] = [];
  private writing: Promise<void> | undefined;

  constructor(private readonly options: LaneOptions) {}

  get isBusy(): boolean {
    return this.inHand.size > 0;
  }

  /** Takes keys in hand whose time has come, as many as there is room for. Whether there were any. */
  async fill(): Promise<boolean> {
    const { log, subscriber, stored } = this.options;
    const limit = keysAtOnce - this.inHand.size;
    if (limit <= 0) return false;
    const due = await log.due(subscriber, { limit, each: eventsAtOnce, busy: [...this.inHand.keys()] });
    if (due.length === 0) return false;
    await stored(due.map(({ key }) => key));
    const works = due.map((each) => ({
      ...each,
      commands: each.events.map((event) => this.commandFor(event, each.generation)),
    }));
    for (const group of groupsOf(works)) {
      const done = this.handleGroup(group);
      for (const { key } of group) this.inHand.set(key, done);
    }
    return true;
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    while (this.isBusy) await Promise.allSettled(this.inHand.values());
  }

  /** In one transaction, where all of it is here and none fails; else key by key, and those of a key one by one. */
  private async handleGroup(group: readonly Work[]): Promise<void> {
    const together = group.length > 0 && (await this.handledTogether(group));
    await Promise.all(
      group.map(async (work) => {
        await this.settle(together ? allOf(work) : await this.handle(work));
        this.inHand.delete(work.key);
      }),
    );
    this.options.moved();
  }

  private async handledTogether(group: readonly Work[]): Promise<boolean> {
    const { router, subscriber } = this.options;
    const commands = group.flatMap((work) => work.commands);
    const isHere = commands.every(
      ({ operation, input }) => !operation.severalKeys && router.isTransactional(operation, input),
    );
    if (!isHere || commands.length < 2) return false;
    return router.together(subscriber.name, commands).then(
      () => true,
      // One of them is found that is at fault, or whose key has gone.
      () => false,
    );
  }

  private async handle(work: Work): Promise<HandledKey> {
    const { key, seq: from, generation, events, commands, tries, failures } = work;
    let seq = from;
    for (const [place, command] of commands.entries()) {
      try {
        await this.call(command);
      } catch (error) {
        const before = seq === from ? { tries, failures } : { tries: 0, failures: 0 };
        return { key, from, seq, generation, problem: problemOf(error, before) };
      }
      seq = events[place]!.seq;
    }
    return allOf(work);
  }

  private async call({ operation, input, commandId, context }: EventCommand): Promise<void> {
    try {
      const call = () => this.options.router.call(operation, input, { commandId });
      await withContext(context, () => handledFor(operation, call));
    } catch (error) {
      // It has been handled, by code that understood other fields of it.
      if (isDomainError(error) && error.code === 'idempotency_key_reused') return;
      throw error;
    }
  }

  private commandFor(
    { id, type, data, requestId, traceparent }: LoggedEvent,
    generation: number,
  ): EventCommand {
    const { subscriber, log } = this.options;
    const context: CallContext = {
      requestId,
      ...(traceparent !== null && { traceparent }),
      deadline: performance.now() + patienceMs,
      caller: { program: log.module, as: 'module' },
      servedBy: new Map(),
    };
    const operation = subscriber.commands.get(type)!;
    // Its publisher may be of a later release, and say more.
    return {
      operation,
      input: operation.input.pick(data) ?? data,
      commandId: deliveryId(id, subscriber.name, generation),
      context,
    };
  }

  private async settle(each: HandledKey): Promise<void> {
    this.settled.push(each);
    while (this.settled.includes(each)) await (this.writing ??= this.write());
  }

  /** All that was settled while the former one was written goes in one statement. */
  private async write(): Promise<void> {
    await Promise.resolve();
    const settled = this.settled.splice(0);
    await this.options.log.settle(this.options.subscriber.name, settled);
    this.writing = undefined;
  }
}

/** All events of it were handled; if it has no more, none is left. */
const allOf = ({ key, seq: from, head, generation, events }: DueKey): HandledKey => ({
  ...{ key, from, generation },
  seq: events.length < eventsAtOnce ? head : events.at(-1)!.seq,
});

/** Whole keys, of about so many events each. */
function groupsOf(works: readonly Work[]): Work[][] {
  const groups: Work[][] = [];
  let room = 0;
  for (const work of works) {
    if (room <= 0) {
      groups.push([]);
      room = eventsTogether;
    }
    groups.at(-1)!.push(work);
    room -= work.commands.length;
  }
  return groups;
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
