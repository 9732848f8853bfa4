import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Length, Matches } from 'class-validator';
import type { EventRepair } from '../../calls/events/event-repair.js';
import { longestReplayMs, type LogBegin } from '../../calls/events/event-replay.js';
import type { EventQuestion, EventView, SubscriberLag } from '../../calls/events/event-views.js';
import { jetStream } from '../../contract/event.js';
import { Id, Maybe } from '../../contract/fields.js';
import { policies, sides, type Side } from '../../routes/phase.js';
import type { EventControl, ReplayStep } from '../../sides/event-control.js';
import { isOfOlderRelease, SideUnreachableError } from '../../sides/remote.js';
import { subjectOf, typed } from '../conditions/advice.js';
import { RefusedError } from '../terms/refused.js';
import { unless } from '../terms/silent-side.js';
import type { ModuleRow } from '../store/module-row.js';
import { PlainBody } from './bodies.js';
import { askBoth, type OfBothSides } from './both-sides.js';
import { command, type CommandContext, type CommandParts } from './command.js';

/** A time of RFC 3339. */
export const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
/** How long whoever is called at that moment may take, and how often that is looked at, in ms. */
const quietMs = 20_000;
const lookEveryMs = 100;

class DeliveryBody extends PlainBody {
  @Id() event: string;
  /** The module that was called. */
  @Length(1, 100) subscriber: string;
}

class ReplayBody extends PlainBody {
  @Length(1, 100) subscriber: string;
  /** The first event is told at this time or later, RFC 3339; left out: it is the first that there ever was. */
  @Maybe() @Matches(timePattern) from?: string | null;
}

const repair = (how: EventRepair['how'], may: (delivery: EventView) => boolean, words: string) =>
  command({
    body: DeliveryBody,
    atOnce: true,
    ask: ({ row }, parts, { event: id, subscriber }) => eventsOf(row, parts, { id, subscriber, limit: 1 }),
    plan: (context, { event, subscriber }, { found, silent }: OfBothSides<EventView>) => {
      const delivery = sides.flatMap((side) => found[side])[0];
      if (!delivery)
        throw new RefusedError(
          `${context.row.module} has told no event ${event} that ${subscriber} is called for${unless(silent)}; see: ${listed(context)}`,
        );
      if (!may(delivery)) throw new RefusedError(`${placeOf(delivery)} ${standing[delivery.state]}`);
      return { plan: [`${placeOf(delivery)} ${words}`], begins: false };
    },
    effect: async ({ needs }, { row }, { subscriber }, { found }) => {
      for (const side of sides)
        for (const { key, seq } of found[side])
          if (!(await needs.sides(row.module)[side].repairEvent({ how, subscriber, key, seq })))
            throw new RefusedError(`the event has moved on meanwhile: look again`);
    },
  });

/** Why nothing is done about it. */
const standing: Readonly<Record<EventView['state'], string>> = {
  published: 'waits for its turn: those of its key before it are handled first',
  processing: 'is being handled, or will be tried again by itself',
  completed: 'was handled already, or put away',
  failed: 'has failed',
  resubmitted: 'was sent again already, and is being handled',
};

const placeOf = ({ type, key, seq, subscriber }: EventView): string =>
  `event ${seq} of ${key} (${type}) to ${subscriber}`;

/** Tries an event again that one subscriber has not handled. */
export const resubmit = repair(
  'resubmit',
  ({ state, tries }) => state === 'failed' || tries > 0,
  'is tried again, as often as a new one; those of its key behind it follow',
);

/** Gives up an event that one subscriber has not handled. */
export const discard = repair(
  'discard',
  ({ state }) => state === 'failed',
  'is put away: it will never be handled; those of its key behind it follow',
);

/** Sends a subscriber a module's events again, into its emptied view. */
export const replay = command({
  body: ReplayBody,
  atOnce: true,
  announced: true,
  ask: (context, parts, { subscriber }) => replayFacts(context, parts, subscriber),
  plan: (context, { subscriber, from }, facts: ReplayFacts) => {
    requireReplayable(context, subscriber, facts, from);
    const { module } = context.row;
    const { view } = facts;
    return {
      plan: [
        `nothing new of ${module} is delivered to ${subscriber}; what is being delivered goes on to its end`,
        ...(view ? [`empty ${view.join(', ')} of ${subscriber}`] : []),
        `deliver the events of ${module} to ${subscriber} ${from ? `that were told at ${from} or later` : 'from the first one on'}`,
      ],
      begins: false,
    };
  },
  effect: async ({ needs }, { row: { module } }, { subscriber, from = null }, { side, viewSide, view }) => {
    const publisher = needs.sides(module)[side];
    const id = randomUUID();
    const step = (which: ReplayStep['step']) => publisher.replay({ subscriber, id, step: which, from });
    if (!(await step('hold')))
      throw new RefusedError(
        `somebody else is at it already, since less than ${longestReplayMs / 60_000} min`,
      );
    const giveUpAt = performance.now() + quietMs;
    while (!(await step('quiet'))) {
      if (performance.now() > giveUpAt) {
        const goesOn = await step('release');
        throw new RefusedError(
          `${subscriber} has not handled in ${quietMs / 1_000} s what was told before: ${goesOn ? 'all goes on as it was; try again when it is not behind' : 'try again when it has; until then its view is as the replay before has left it'}`,
        );
      }
      await sleep(lookEveryMs);
    }
    const subscribing = needs.sides(subscriber)[viewSide];
    if (view)
      await subscribing.emptyView({ publisher: module }).catch(async (error: unknown) => {
        // Without an answer nobody knows whether it is empty: it is said again, from the start.
        if (!(error instanceof SideUnreachableError)) await step('release');
        throw error;
      });
    await step('restart');
  },
});

export interface ReplayFacts {
  /** Where all of the publisher and of the subscriber is; `undefined`: one of them is on its way. */
  side: Side;
  viewSide: Side;
  moving: string | undefined;
  /** Null: it is called for none of its events. */
  log: LogBegin | null;
  view: string[] | null;
  lag: SubscriberLag | undefined;
}

async function replayFacts(
  { row }: CommandContext,
  { needs, store }: CommandParts,
  subscriber: string,
): Promise<ReplayFacts> {
  const isModule = needs.modules.some(({ module }) => module === subscriber);
  const other = isModule ? await store.read(subscriber) : undefined;
  const [side, viewSide] = [restingAt(row), other ? restingAt(other) : 'monolith'];
  const moving = side === undefined ? row.module : viewSide === undefined ? subscriber : undefined;
  const at = { side: side ?? 'monolith', viewSide: viewSide ?? 'monolith' } as const;
  if (!isModule || moving !== undefined) return { ...at, moving, log: null, view: null, lag: undefined };
  const publisher = needs.sides(row.module)[at.side];
  const lags = await publisher.eventLags().catch(refuseOlder(row.module, 'eventLags'));
  const lag = lags.find((each) => each.subscriber === subscriber);
  const log = lag ? await publisher.logBegin({ subscriber }) : null;
  const subscribing = needs.sides(subscriber)[at.viewSide];
  const view = await subscribing.viewOf({ publisher: row.module }).catch(refuseOlder(subscriber, 'viewOf'));
  return { ...at, moving, log, view, lag };
}

/** @throws {RefusedError} where it is why a side gave no answer */
const refuseOlder =
  (module: string, method: keyof EventControl) =>
  (error: unknown): never => {
    if (isOfOlderRelease(error, method))
      throw new RefusedError(
        `the service of ${module} is of a release that knows no replays: bring it up to date`,
      );
    throw error;
  };

/** The side that has all of a module; `undefined`: it is on its way. */
function restingAt({ phase, transition }: ModuleRow): Side | undefined {
  const { commands, filling } = policies[phase];
  return commands === 'owner' || filling || transition ? undefined : commands;
}

/** @throws {RefusedError} */
function requireReplayable(
  context: CommandContext,
  subscriber: string,
  { moving, log, view, lag }: ReplayFacts,
  from: string | undefined,
): void {
  const { module } = context.row;
  const refuse = (why: string): never => {
    throw new RefusedError(why);
  };
  if (subscriber === jetStream)
    refuse(
      'what outsiders are told is sent again when its stream is deleted (nats stream rm): it is made anew and filled from the log',
    );
  if (moving !== undefined)
    refuse(`${moving} is on its way from one side to the other: replay when it has arrived`);
  if (!log) return refuse(`${subscriber} is called for no event of ${module}`);
  if (log.isKnown && !view)
    refuse(
      `${subscriber} has handled events of ${module}, and would handle none of them again: each has its claim. Name the tables that they fill in \`views\` of its forFeature: then these are emptied, and all is handled anew`,
    );
  if ((lag?.failed ?? 0) > 0)
    refuse(
      `${subscriber} has failed at events of ${module}: resubmit or discard those first; see: ${listed(context, subscriber)}`,
    );
  if (from === undefined && log.isPruned)
    refuse(
      `the log of ${module} begins at ${log.oldest ?? 'no event'}, and has lost what was told before: a view that is built from it lacks that. If that may be, say so by --from ${log.oldest ?? 'now'}`,
    );
}

const listed = ({ row, advice }: Pick<CommandContext, 'row' | 'advice'>, subscriber?: string): string =>
  typed(
    subjectOf(row, advice),
    'events list',
    subscriber === undefined ? '' : `--subscriber ${subscriber} --state failed`,
  );

/** The events of both sides. */
export const eventsOf = (
  row: Pick<ModuleRow, 'module' | 'phase'>,
  parts: Pick<CommandParts, 'needs'>,
  question: EventQuestion,
): Promise<OfBothSides<EventView>> => askBoth(row, parts, 'events', (side) => side.events(question));

/** How far behind subscribers are with the keys of both sides, as far as these can be asked. */
export async function lagsOf(
  row: Pick<ModuleRow, 'module' | 'phase'>,
  parts: Pick<CommandParts, 'needs'>,
): Promise<SubscriberLag[]> {
  const { found } = await askBoth(row, parts, 'eventLags', (side) => side.eventLags());
  const all = sides.flatMap((side) => found[side]);
  return all.reduce<SubscriberLag[]>((sums, each) => {
    const same = sums.find(({ subscriber }) => subscriber === each.subscriber);
    return same ? sums.map((one) => (one === same ? together(one, each) : one)) : [...sums, each];
  }, []);
}

const together = (a: SubscriberLag, b: SubscriberLag): SubscriberLag => ({
  ...a,
  waiting: a.waiting + b.waiting,
  failed: a.failed + b.failed,
  oldestMs: larger(a.oldestMs, b.oldestMs),
  replayMs: larger(a.replayMs, b.replayMs),
});

const larger = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.max(a, b);
