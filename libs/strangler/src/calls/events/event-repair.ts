import type { Database } from '../../database/database.js';
import { quoted } from '../../database/tables.js';
import type { EventSubscriber } from './subscribers.js';

/** What a person does about an event that one subscriber has not handled. */
export interface EventRepair {
  /** `resubmit`: it is tried again, as often as a new one; `discard`: it is never handled, and those behind it are. */
  how: 'resubmit' | 'discard';
  subscriber: string;
  key: string;
  seq: number;
}

const changes = {
  resubmit: `failed_at = null, tries = 0, failures = 0, resent = $4, due_at = clock_timestamp()`,
  discard: `failed_at = null, tries = 0, failures = 0, error = null, seq = $4,
    due_at = case when c.head > $4 then clock_timestamp() end`,
};

/**
 * Carries it out where the event is the next one of its key for the subscriber, and has failed (or, to be sent again, waits for its next try).
 * Whether it was so. @throws when the key is not this side's
 */
export async function repairEvent(
  database: Database,
  module: string,
  { types }: EventSubscriber,
  { how, subscriber, key, seq }: EventRepair,
): Promise<boolean> {
  const [event, cursor] = [`${quoted(module)}.event`, `${quoted(module)}.event_cursor`];
  const [, rows] = await database.together([
    { sql: 'select strangler.assert_owner($1, $2)', params: [module, [key]] },
    {
      sql: `update ${cursor} c set ${changes[how]}
        where c.subscriber = $1 and c.routing_key = $2 and c.seq < $4 and c.head >= $4
          and (c.failed_at is not null ${how === 'resubmit' ? 'or c.tries > 0' : ''})
          and not exists (select from ${event} e
            where e.routing_key = $2 and e.seq > c.seq and e.seq < $4 and e.type = any($3))
        returning true as done`,
      params: [subscriber, key, [...types], seq],
    },
  ]);
  return rows!.length > 0;
}
