import { v7 as uuidv7 } from 'uuid';
import { publisherOf, type EventType } from '../../contract/event.js';
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
 *   async place({ id, sku, quantity }: Place): Promise<void> {
 *     await this.rows.insert({ id, sku, quantity, status: 'open' });
 *     this.events.emit(placed, { orderId: id, sku });
 *   }
 * }
 * ```
 */
export class Events {
  constructor(
    private readonly subscribers: Subscribers,
    /** Whether anything is told; `false`: what is emitted here is forgotten (`events` of `forRoot`). */
    readonly areTold = true,
  ) {}

  /**
   * Tells an event in the open transaction: it has happened if, and only if, that commits. It is written down at the end. Events of one key are
   * numbered in the order of their commits, so whoever tells something of a key waits for whoever does so before him.
   *
   * @throws {ValidationError} when the data break the rules of the event's class
   * @throws when no transaction is open: an event is told by a command, or by a step of a saga that is the module's own
   */
  emit<D>(event: EventType<D>, data: D): void {
    const context = currentContext();
    if (!context?.transaction)
      throw new Error(
        `${event.type} was told outside of a transaction: tell it in a command, or in a step of a saga`,
      );
    if (!this.areTold) return;
    const { transaction, requestId, traceparent = null } = context;
    const copy = Schema.of(event.data).parse(data);
    const module = publisherOf(event.type);
    const called = this.subscribers.of(module).filter(({ types }) => types.has(event.type));
    transaction.told.push({
      ...{ module, key: event.key(copy), id: uuidv7(), type: event.type, data: copy, requestId, traceparent },
      subscribers: called.map(({ name, fromFirst }) => ({ name, fromFirst })),
    });
  }
}
