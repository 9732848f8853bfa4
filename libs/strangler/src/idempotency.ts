import { DomainError } from '#contracts';
import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { PreparedOperation } from './operation.js';
import { sqlState } from './transaction.js';

/** Raised by `strangler.begin_command` when the id was used with another input. */
const reusedState = 'SR422';

/** What became of a claim: ours to run, answered before, or taken by a process that still runs. */
export type Claim = { state: 'new' } | { state: 'done'; result: string } | { state: 'running' };

/** Tells one use of a command id from another: the operation, and what `Shape.identity` leaves of its canonical input. */
export const inputHash = ({ name, input }: PreparedOperation, value: unknown): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([name, input.identity(value)]))
    .digest();

/** A command and its keys, as its module's idempotency table knows them. */
export interface CommandIdentity {
  module: string;
  commandId: string;
  /** Sorted routing keys; never empty. */
  keys: readonly string[];
  hash: Buffer;
}

/**
 * Claims a command id: the first statement of every command, in one round trip. A second claimer waits until the first
 * one's transaction ends. @throws {DomainError} `idempotency_key_reused` when the id came with another input before.
 */
export async function beginCommand(manager: EntityManager, id: CommandIdentity): Promise<Claim> {
  try {
    const rows = await manager.query<{ state: Claim['state']; result: string | null }[]>(
      'select state, result from strangler.begin_command($1, $2, $3, $4)',
      [id.module, id.commandId, id.keys, id.hash],
    );
    const row = rows[0];
    if (row?.state === 'done') return { state: 'done', result: row.result ?? 'null' };
    return { state: row?.state === 'running' ? 'running' : 'new' };
  } catch (error) {
    if (sqlState(error) !== reusedState) throw error;
    throw new DomainError('idempotency_key_reused', {}, 'this command id was used with another input');
  }
}

/** Keeps the result for whoever comes with the same command id again. `json` is the result as text. */
export const storeResult = (
  manager: EntityManager,
  id: Omit<CommandIdentity, 'hash'>,
  json: string,
): Promise<unknown> =>
  manager.query(`select strangler.store_result($1, $2, $3, $4)`, [id.module, id.commandId, id.keys[0], json]);

/** Forgets a claim whose process failed for good, so that the same id can be tried anew. */
export const dropClaim = (
  manager: EntityManager,
  { module, commandId, keys }: Omit<CommandIdentity, 'hash'>,
): Promise<unknown> => manager.query('select strangler.drop_claim($1, $2, $3)', [module, commandId, keys[0]]);
