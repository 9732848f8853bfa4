import type { DataSource, EntityManager } from 'typeorm';
import type { Acknowledger, WrittenRows } from '../../database/acknowledger.js';
import { currentContext, withContext, type CallContext } from '../../database/context.js';
import { writeTold } from '../../database/told.js';
import { traced, tracer } from '../../database/tracing.js';
import { inTransaction } from '../../database/transaction.js';
import type { PreparedOperation } from '../../contract/operation.js';
import { claimOf, writtenRows } from '../idempotency.js';

/** A command of one key that is carried out for an event. */
export interface EventCommand {
  readonly operation: PreparedOperation;
  /** As it came; it is parsed where it is carried out. */
  readonly input: unknown;
  readonly commandId: string;
  readonly context: CallContext;
}

/** The span of what a subscriber does for an event, in the trace of whoever has told it. */
export function handledFor<T>(operation: PreparedOperation, work: () => Promise<T>): Promise<T> {
  const by = tracer();
  if (!by) return work();
  const { module, name } = operation;
  const on = operation.on ?? '';
  const attributes = {
    'messaging.system': 'strangler',
    'messaging.destination.name': on,
    'rpc.method': name,
  };
  const from = currentContext() ?? {};
  return traced(by, { name: `handle ${on} by ${module}`, kind: 'CONSUMER', attributes, from }, work);
}

/** The same, once its input was parsed. */
interface Handling {
  readonly commandId: string;
  readonly key: string;
  readonly hash: Buffer;
  readonly context: CallContext;
  readonly run: () => Promise<unknown>;
}

/** What `handleTogether` needs to know of a command. */
export const handlingOf = (
  { operation, commandId, context }: EventCommand,
  input: unknown,
  run: () => Promise<unknown>,
): Handling => {
  const { keys, hashes } = claimOf(operation, input, { commandId });
  return { commandId, key: keys[0]!, hash: hashes[0]!, context, run: () => handledFor(operation, run) };
};

/**
 * Carries out commands of one module in one transaction, in their order; those that were done before are left out. A transaction costs more
 * than what a subscriber does in it, so many at a time cost a fraction. @throws what one of them throws: then none was done.
 */
export async function handleTogether(
  dataSource: DataSource,
  module: string,
  all: readonly Handling[],
  acknowledger: Acknowledger | undefined,
): Promise<void> {
  const { hits, rows } = await inTransaction(dataSource, module, async (manager) => {
    const claimed = await claim(manager, module, all);
    // What comes with an event names no transaction: what it does is part of this one.
    const { transaction } = currentContext()!;
    for (const { commandId, context, run } of all)
      if (claimed.has(commandId)) await withContext({ ...context, transaction }, run);
    await writeTold();
    const done = all.filter(({ commandId }) => !claimed.has(commandId));
    return { hits: done, rows: acknowledger && (await written(manager, module)) };
  });
  if (!acknowledger) return;
  if (rows && rows.ids.length > 0) await acknowledger.afterCommit(module, rows);
  for (const { commandId, key } of hits) await acknowledger.onHit(module, commandId, [key]);
}

async function claim(manager: EntityManager, module: string, all: readonly Handling[]): Promise<Set<string>> {
  const [row] = await manager.query<[{ claimed: string[] }]>(
    'select strangler.claim_together($1, $2, $3, $4) as claimed',
    [module, all.map(({ commandId }) => commandId), all.map(({ key }) => key), all.map(({ hash }) => hash)],
  );
  return new Set(row.claimed);
}

async function written(manager: EntityManager, module: string): Promise<WrittenRows> {
  const [row] = await manager.query<[{ written: [string | null] }]>(
    'select strangler.captured_rows($1) as written',
    [[module]],
  );
  return writtenRows(row.written[0]);
}
