import { v7 as uuidv7 } from 'uuid';
import { moduleOf, type EventType } from '../../contract/event.js';
import { Schema } from '../../contract/schema.js';
import { currentContext } from '../../database/context.js';
import type { Subscribers } from './subscribers.js';

/**
 * Tells what has happened. Any provider of a module may inject it.
 *
 * @example
 * ```ts
 * @Injectable()
 * class OrdersService {
 *   constructor(@InjectRepository(OrderRow) private readonly rows: Repository<OrderRow>, private readonly events: Events) {}
 *
 *   async place({ id, userId }: Place): Promise<void> {
 *     await this.rows.insert({ id, userId });
 *     await this.events.emit(placed, { orderId: id, userId });
 *   }
 * }
 * ```
 */
export class Events {
  constructor(private readonly subscribers: Subscribers) {}

  /**
   * Writes an event down in the open transaction: it has happened if, and only if, that commits. Events of one key are numbered in the order of
   * their commits, so whoever tells something of a key waits for whoever does so before him.
   *
   * @throws {ValidationError} when the data break the rules of the event's class
   * @throws when no transaction is open: an event is told by a command, or by a step of a saga that is the module's own
   */
  async emit<D>(event: EventType<D>, data: D): Promise<void> {
    const context = currentContext();
    if (!context?.transaction)
      throw new Error(
        `${event.type} was told outside of a transaction: tell it in a command, or in a step of a saga`,
      );
    const { key, id, json } = written(event, data);
    const module = moduleOf(event.type);
    const subscribed = this.subscribers.of(module).filter(({ commands }) => commands.has(event.type));
    await context.transaction.manager.query('select strangler.emit($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
      ...[module, key, id, event.type, json, context.requestId, context.traceparent ?? null],
      subscribed.map(({ name }) => name),
      subscribed.map(({ fromFirst }) => fromFirst),
    ]);
  }
}

function written<D>(event: EventType<D>, data: D): { key: string; id: string; json: string } {
  const copy = Schema.of(event.data).parse(data);
  return { key: event.key(copy), id: uuidv7(), json: JSON.stringify(copy) };
}
