/**
 * The stream of JetStream in which outsiders are told of events.
 *
 * @example
 * ```ts
 * const eventStream: EventStreamOptions = {
 *   name: 'EVENTS',
 *   readers: { warehouse: 'orders.confirmed' },
 * };
 * ```
 */
export interface EventStreamOptions {
  /** Of the stream: letters, digits, `_` and `-`. */
  name: string;
  /** How long it keeps an event, in ms; default 14 days. */
  maxAgeMs?: number | undefined;
  /** How many bytes it keeps: the oldest events go first; default 1 GiB. */
  maxBytes?: number | undefined;
  /** Who reads it, and what: a type of event, `orders.>` or `>`. For each there is a durable consumer of that name. */
  readers?: Readonly<Record<string, string>> | undefined;
}
