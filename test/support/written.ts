import type { WrittenRows } from '../../libs/strangler/src/acknowledger.js';
import type { Database } from '../../libs/strangler/src/database.js';

/** Outbox rows that were written just now, as a command tells of them. */
export async function written(database: Database, ids: readonly number[]): Promise<WrittenRows> {
  const [row] = await database.query<{ start: string }>(
    'select strangler.start_text(strangler.server_start()) as start',
  );
  return { ids, start: row!.start };
}
