import type { Contract } from '../../contract/contract.js';
import { Schema } from '../../contract/schema.js';
import type { ToldEvents } from './event-views.js';
import type { EventSubscriber } from './subscribers.js';

/** What a module tells, and to whom; `undefined`: nothing. */
export const toldEvents = (
  { name: module, events }: Pick<Contract, 'name' | 'events'>,
  subscribers: readonly EventSubscriber[],
): ToldEvents | undefined => {
  if (events.length === 0) return undefined;
  const schemas = new Map(events.map(({ type, data }) => [type, Schema.of(data)]));
  return { module, subscribers, masked: (type, data) => schemas.get(type)?.masked(data) ?? null };
};
