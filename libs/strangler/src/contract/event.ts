import type { Dto } from './dto.js';

/** As {@link EventType}, as it is declared. */
interface EventDefinition<D> {
  /** What the event carries: all that a subscriber may need, for it is read when the row may have changed. */
  data: Dto<D>;
  /** Its routing key: the field that holds it, or how it is found. The event belongs to whoever owns that key, and events of one key keep their order. */
  key: TextField<D> | ((data: D) => string);
}

/** Names of fields that hold text. */
type TextField<D> = { [K in keyof D]-?: D[K] extends string ? K : never }[keyof D] & string;

/**
 * A kind of fact that a module tells, made by {@link event}.
 *
 * @example
 * ```ts
 * const describe = ({ type }: EventType): string => `tells ${type}`;
 * ```
 */
export interface EventType<D = unknown> {
  /** `orders.placed`: the module, and what has happened. */
  readonly type: string;
  readonly data: Dto<D>;
  // Method syntax: an event of any data is an `EventType`.
  key(data: D): string;
}

/**
 * Declares a kind of fact that a module tells: what has happened, in the past tense. A module emits it inside the transaction that makes it
 * true; each command that says `on` it runs once for it. The log of facts beside the rows is Pat Helland's and Kleppmann's; the envelope
 * for outsiders is CloudEvents 1.0.
 *
 * @throws when the type is not `module.whatHappened`
 *
 * @example
 * ```ts
 * class OrderPlaced {
 *   @Id() orderId: string;
 *   @Id() userId: string;
 * }
 * const placed = event('orders.placed', { data: OrderPlaced, key: 'userId' });
 * ```
 */
export function event<D>(type: string, { data, key }: EventDefinition<D>): EventType<D> {
  if (!/^[a-z][\w-]*\.[a-z]\w*$/i.test(type))
    throw new Error(`"${type}" is no type of event: write module.whatHappened, as parcels.sent`);
  return { type, data, key: typeof key === 'function' ? key : (of) => of[key] as string };
}

/** The module that tells events of this type. */
export const publisherOf = (type: string): string => type.slice(0, type.indexOf('.'));

/** The name of who publishes all events to JetStream, for outsiders: a subscriber that is no module. */
export const jetStream = 'jetstream';

/** What a subscriber answers: nothing. */
export class Handled {}

/** Whether an operation is called for events of that module. */
export const isSubscribed = (operation: object | undefined, publisher: string): boolean =>
  operation !== undefined &&
  'on' in operation &&
  typeof operation.on === 'string' &&
  publisherOf(operation.on) === publisher;
