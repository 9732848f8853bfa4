import { command, type Command } from './operation-kinds.js';
import type { Dto } from './dto.js';
import { Handled, type EventType } from './event.js';

/** How the subscriber's module is keyed, by what the event says. */
type Keys<D> =
  | { key: (data: D) => string; keys?: never }
  | { keys: (data: D) => readonly string[]; pick: (data: D, keys: readonly string[]) => D; key?: never }
  | { key?: never; keys?: never };

/** What else may be said of a subscription. */
interface SubscriptionOptions {
  /**
   * `next` (the default): of each key, the first event that somebody tells who knows the subscriber, and all that follow. `first`: all that the log
   * holds, as a view needs it.
   */
  from?: 'first' | 'next';
  /** How long one try may take, in ms (default 1,500). */
  timeoutMs?: number;
}

/** What a module does when an event has happened: a command, called for each event of a type by whoever owns the event's key. */
type Subscription<D> = Command<D, void, never> & { on: string; from: 'first' | 'next' };

/**
 * Declares what a module does for each event of a type: a command whose input is what the event carries. It is called at least once, under an
 * id that is made of the event and the subscriber, so its effect happens once; for events of one key in their order, the next one when this
 * one is done. One that fails is tried again, and holds only the events of its key. Nobody else may call it.
 *
 * @example
 * ```ts
 * const orderPlaced = subscription(placed, { key: ({ orderId }) => orderId });
 * const mails = contract('mails', { ownership: 'by-key', operations: { orderPlaced } });
 * ```
 */
export function subscription<D>(
  on: EventType<D>,
  { from = 'next', ...how }: Keys<D> & SubscriptionOptions = {},
): Subscription<D> {
  const merged = how.keys ? { merge: () => undefined } : {};
  const definition = { ...how, ...merged, input: on.data, output: Handled as Dto<void> };
  return { ...command<D, void>(definition as Parameters<typeof command<D, void>>[0]), on: on.type, from };
}
