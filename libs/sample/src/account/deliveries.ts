import { contracts } from '#contracts';
import { v5 as uuidv5 } from 'uuid';

/** What became of the events that modules subscribe to. All three are equal where nothing is lost, nothing doubled and all is quiet. */
export interface Deliveries {
  /** Called for: one an event and subscriber. */
  emitted: number;
  /** Of these, those that the publisher's cursors say are handled. */
  delivered: number;
  /** Of these, those whose subscriber has claimed them, which it does in the transaction of their effect. */
  effects: number;
}

/** A module that hears an event of some type. */
interface Subscription {
  type: string;
  subscriber: string;
}

/** One event, for one subscriber. */
export interface DeliveryEntry {
  event: string;
  subscriber: string;
  /** How often the subscriber's view was built anew. */
  generation: number;
  delivered: boolean;
}

const subscriptions: readonly Subscription[] = contracts.flatMap(({ name, operations }) =>
  Object.values<object>(operations).flatMap((operation) =>
    'on' in operation ? [{ type: String(operation.on), subscriber: name }] : [],
  ),
);

/** Modules whose events somebody hears. */
export const publishers: ReadonlySet<string> = new Set(subscriptions.map(({ type }) => type.split('.')[0]!));

/** All deliveries that the events of a module call for, to some subscribers. */
export function deliveriesSql(publisher: string, subscribers: readonly string[]): string {
  const heard = subscriptions.filter(
    ({ type, subscriber }) => type.startsWith(`${publisher}.`) && subscribers.includes(subscriber),
  );
  const pairs = ['(null, null)', ...heard.map(({ type, subscriber }) => `('${type}', '${subscriber}')`)];
  return `select e.id as event, s.subscriber, coalesce(c.generation, 0) as generation, coalesce(c.seq >= e.seq, false) as delivered
    from ${publisher}.event e join (values ${pairs.join(', ')}) s (type, subscriber) using (type)
      left join ${publisher}.event_cursor c using (routing_key, subscriber)`;
}

/** The commands that a module has claimed. */
export const claimsSql = (subscriber: string): string =>
  `select command_id as id from ${subscriber}.idempotency`;

/** The command that an event is to its subscriber: made here once more, for an account that asked the toolkit would find what the toolkit believes. */
const commandOf = ({ event, subscriber, generation }: DeliveryEntry): string =>
  uuidv5(generation === 0 ? subscriber : `${subscriber}@${generation}`, event);

/** Holds what was called for against what was claimed, by subscriber. Pure. */
export function deliveriesOf(
  entries: readonly DeliveryEntry[],
  claims: Readonly<Record<string, ReadonlySet<string>>>,
): Deliveries {
  return {
    emitted: entries.length,
    delivered: entries.filter(({ delivered }) => delivered).length,
    effects: entries.filter((entry) => claims[entry.subscriber]?.has(commandOf(entry))).length,
  };
}
