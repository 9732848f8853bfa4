import { v5 as uuidv5 } from 'uuid';
import { isDomainError } from '../../contract/errors.js';
import { withContext, type CallContext } from '../../database/context.js';
import { patienceOf } from '../owner-retry.js';
import type { Router } from '../router.js';
import type { DueKey, HandledKey, LoggedEvent, Problem } from './event-log.js';
import { handledFor, type EventCommand } from './handle-together.js';
import { Lane, reached, retryMs, type InHand, type LaneOptions } from './lane.js';
import type { ModuleSubscriber } from './subscribers.js';

/** About how many events are handled in one transaction. */
const eventsTogether = 64;
/** Answered so often with an error, an event is not tried again by itself. */
const mostFailures = 10;
/** Of a key no more are called for after so long, in ms: they have their turn later. */
const turnMs = 10_000;

/** Whoever has an effect of an event has it under this id, so that it is one effect; in a view that is built anew it is another one. */
const deliveryId = (event: string, subscriber: string, generation: number): string =>
  uuidv5(generation === 0 ? subscriber : `${subscriber}@${generation}`, event);

/** A key and the commands for its events, in their order. */
interface Work extends DueKey {
  readonly commands: readonly EventCommand[];
}

/** Calls one module for the events of another one, or of its own. */
export class ModuleLane extends Lane<ModuleSubscriber> {
  constructor(
    options: LaneOptions<ModuleSubscriber>,
    private readonly router: Pick<Router, 'call' | 'isTransactional' | 'together'>,
  ) {
    super(options);
  }

  protected override begin(due: readonly DueKey[]): readonly InHand[] {
    const works = due.map((each) => ({
      ...each,
      commands: each.events.map((event) => this.commandFor(event, each.generation)),
    }));
    return groupsOf(works).map((keys) => ({ keys, done: this.handleGroup(keys) }));
  }

  /** In one transaction, where all of it is here and none fails; else key by key, and those of a key one by one. */
  private async handleGroup(group: readonly Work[]): Promise<void> {
    const together = group.length > 0 && (await this.handledTogether(group));
    await Promise.all(
      group.map(async (work) => this.layDown(work.key, together ? allOf(work) : await this.handle(work))),
    );
    this.options.moved();
  }

  private async handledTogether(group: readonly Work[]): Promise<boolean> {
    const { router, subscriber } = this;
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
    const { key, from, generation, events, commands, tries, failures } = work;
    let { seq } = work;
    const turnEnds = performance.now() + turnMs;
    for (const [place, command] of commands.entries()) {
      if (place > 0 && performance.now() >= turnEnds) return { key, from, seq, generation };
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
      const call = () => this.router.call(operation, input, { commandId });
      // Of its own: those before it, or a transaction that came to nothing, may have taken all of the time.
      const deadline = performance.now() + patienceOf(operation);
      await withContext({ ...context, deadline }, () => handledFor(operation, call));
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
    const operation = subscriber.commands.get(type)!;
    const context: CallContext = {
      requestId,
      ...(traceparent !== null && { traceparent }),
      deadline: performance.now() + patienceOf(operation),
      caller: { program: log.module, as: 'module' },
      servedBy: new Map(),
    };
    // Its publisher may be of a later release, and say more.
    return {
      operation,
      input: operation.input.pick(data) ?? data,
      commandId: deliveryId(id, subscriber.name, generation),
      context,
    };
  }
}

const allOf = (work: DueKey): HandledKey => {
  const { key, from, generation } = work;
  return { key, from, generation, seq: reached(work) };
};

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
  return {
    error: isDomainError(error) ? `${error.code}: ${error.message}` : String(error),
    ...{ tries, failures },
    retryMs: failures >= mostFailures ? null : retryMs(tries),
  };
}
