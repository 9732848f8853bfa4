import type { WrittenRows } from '#strangler/database/acknowledger';
import type { Database } from '#strangler/database/database';

/** Outbox rows that were written just now, as a command tells of them. */
export async function written(database: Database, ids: readonly number[]): Promise<WrittenRows> {
  const [row] = await database.query<{ start: string }>(
    'select strangler.start_text(strangler.server_start()) as start',
  );
  return { ids, start: row!.start };
}
