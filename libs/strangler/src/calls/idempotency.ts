import { CommandUndoneError, DomainError } from '../contract/errors.js';
import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { v5 as uuidv5 } from 'uuid';
import type { WrittenRows } from '../database/acknowledger.js';
import type { PreparedOperation } from '../contract/operation.js';
import { PartlyDoneError } from '../database/refusals.js';
import { quoted } from '../database/tables.js';
import { changesIn } from '../engine/replication/changes.js';
import { writeTold } from '../database/told.js';
import { sqlState } from '../database/sql-state.js';

/** Raised by `strangler.begin_command` when the id was used with another input. */
const reusedState = 'SR422';

/** Tells one use of a command id from another: the operation, and what `Schema.identity` leaves of its canonical input. */
const hashOf = ({ name, input }: PreparedOperation, value: unknown): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([name, input.identity(value)]))
    .digest();

/** A command and its keys, as its module's idempotency table knows them. */
export interface CommandIdentity {
  readonly module: string;
  readonly commandId: string;
  /** Sorted routing keys; never empty. */
  readonly keys: readonly string[];
}

/** A command that comes, with a hash of the input for each of its keys. */
export interface Claim extends CommandIdentity {
  readonly hashes: readonly Buffer[];
  /** The command that this one takes back. */
  readonly undoOf: string | undefined;
  /**
   * Made at once, without a result: by a process and by what makes a call outside, which outlive their first transaction.
   * All others are written once, with their results.
   */
  readonly early: boolean;
}

/** Keys of a command that came before: with the answer of that time, or of a process that is still on its way. */
export type Earlier = { key: string; state: 'done'; result: string } | { key: string; state: 'running' };

/** A key for which the command was taken back. */
type TakenBack = { key: string; state: 'undone' };

/** The claim of a command on its keys. */
export function claimOf(
  operation: PreparedOperation,
  input: unknown,
  { commandId, undoOf, early = false }: { commandId: string; undoOf?: string | undefined; early?: boolean },
): Claim {
  const keys = operation.keysOf(input);
  const part = (key: string) => (operation.severalKeys ? operation.pick(input, [key]) : input);
  return {
    module: operation.module,
    commandId,
    keys,
    hashes: keys.map((key) => hashOf(operation, part(key))),
    undoOf,
    early,
  };
}

/** The same claim on some of its keys. */
export const claimFor = (claim: Claim, keys: readonly string[]): Claim => ({
  ...claim,
  keys,
  hashes: claim.hashes.filter((_, place) => keys.includes(claim.keys[place]!)),
});

/** The id under which a command is taken back: one for all who do that, so that it is done once. */
export const undoIdOf = (commandId: string): string => uuidv5('undo', commandId);

/** The id of the command that writes down what came of a call outside: one for all tries, so that it is done once. */
export const resultIdOf = (commandId: string): string => uuidv5('result', commandId);

/**
 * Asserts that the keys are owned here and takes the command id until the end of the transaction: the first statement of
 * every command, in one round trip. A second claimer waits until the first one's transaction ends. Answers the keys that came before;
 * none: all are new. @throws {DomainError} `idempotency_key_reused` when the id came with another input for one of its
 * keys, `command_undone` when it was taken back for one: `partly_done` with that, when it had been done for others.
 */
export async function beginCommand(manager: EntityManager, claim: Claim): Promise<Earlier[]> {
  const found = await claimed(manager, claim);
  const earlier = found.filter((each): each is Earlier => each.state !== 'undone');
  if (earlier.length === found.length) return earlier;
  const undone = new CommandUndoneError();
  if (earlier.length === 0) throw undone;
  throw new PartlyDoneError(
    earlier.map(({ key }) => key),
    undone,
  );
}

async function claimed(manager: EntityManager, claim: Claim): Promise<(Earlier | TakenBack)[]> {
  try {
    return await manager.query(
      'select key, state, result from strangler.begin_command($1, $2, $3, $4, $5, $6)',
      [claim.module, claim.commandId, claim.keys, claim.hashes, claim.undoOf ?? null, claim.early],
    );
  } catch (error) {
    if (sqlState(error) !== reusedState) throw error;
    throw new DomainError('idempotency_key_reused', {}, 'this command id was used with another input');
  }
}

/**
 * Keeps the results, key by key as JSON text, for whoever comes with the same command id again: with the claims, unless
 * those were made early. Answers the outbox rows that the transaction has written so far.
 * @throws a serialization failure (40001) when a transaction that this one could not see has done the command.
 */
export async function storeResults(
  manager: EntityManager,
  { module, commandId, keys, hashes, early }: CommandIdentity & Partial<Claim>,
  results: readonly string[],
): Promise<WrittenRows> {
  await writeTold();
  const [row] = await manager.query<{ written: string | null }[]>(
    'select strangler.store_results($1, $2, $3, $4, $5) as written',
    [module, commandId, keys, results, early ? null : (hashes ?? null)],
  );
  return writtenRows(row?.written);
}

/** What a transaction has written down, from the text in which `store_results` and `captured_rows` say it: `5000-5002,7000 <start>`. */
export function writtenRows(text: string | null | undefined): WrittenRows {
  const [ids, start = ''] = text?.split(' ') ?? [];
  return { ids: changesIn(ids), start };
}

/**
 * Refuses a command from now on for keys that are new: the same row that its claim would have been, so there is one of both.
 * Answers the outbox rows, as {@link storeResults}.
 */
export async function storeCancelled(manager: EntityManager, claim: Claim): Promise<WrittenRows> {
  const { module, commandId, keys } = claim;
  await manager.query(
    `insert into ${quoted(module)}.idempotency (command_id, routing_key, input_hash, undone)
     select $1, key, '', true from unnest($2::text[]) key order by key`,
    [commandId, keys],
  );
  return storeResults(manager, claimFor(claim, []), []);
}

/** What a command with one key has stored, if it has been done. */
export async function storedResult(
  manager: EntityManager,
  { module, commandId, keys }: CommandIdentity,
): Promise<string | undefined> {
  const [row] = await manager.query<{ result: string | null }[]>(
    `select result::text as result from ${quoted(module)}.idempotency where command_id = $1 and routing_key = $2`,
    [commandId, keys[0]],
  );
  return row?.result ?? undefined;
}

/** Forgets the claim of a process that failed for good, so that the same id can be tried anew. */
export const dropClaim = (
  manager: EntityManager,
  { module, commandId, keys }: CommandIdentity,
): Promise<unknown> => manager.query('select strangler.drop_claim($1, $2, $3)', [module, commandId, keys[0]]);
