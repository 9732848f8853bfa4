import { isDomainError, OutcomeUnknownError } from '../contract/errors.js';
import type { EntityManager } from 'typeorm';
import type { WrittenRows } from '../database/acknowledger.js';
import {
  beginCommand,
  claimFor,
  storeCancelled,
  storeResults,
  type Claim,
  type Earlier,
} from './idempotency.js';
import type { PreparedOperation } from '../contract/operation.js';
import { PartlyDoneError } from '../database/refusals.js';

const none: WrittenRows = { ids: [], start: '' };

/** What a command came to. */
export interface Done {
  readonly output: unknown;
  /** Rows of the outbox that it has written. */
  readonly rows: WrittenRows;
  /** Keys for which it had been done before. */
  readonly hits: readonly string[];
}

/**
 * Runs a command in the open transaction, once for each of its keys. Those that an earlier try has done, alone or in
 * another group, are answered from what that has stored; `handle` runs for the others. @throws {PartlyDoneError} when it
 * refuses those, and an earlier try had done some.
 */
export async function runOnce(
  manager: EntityManager,
  operation: PreparedOperation,
  input: unknown,
  claim: Claim,
  handle: (input: unknown) => Promise<unknown>,
): Promise<Done> {
  const earlier = await beginCommand(manager, claim);
  if (earlier.length === 0) return runFor(manager, operation, input, claim, handle);
  const done = resultsOf(operation, claim, earlier);
  const hits = [...done.keys()];
  const keys = claim.keys.filter((key) => !done.has(key));
  const outputs = [...done.values()];
  if (keys.length === 0) return { output: operation.merge(input, outputs), rows: none, hits };
  try {
    const rest = operation.pick(input, keys);
    const { output, rows } = await runFor(manager, operation, rest, claimFor(claim, keys), handle);
    return { output: operation.merge(input, [...outputs, output]), rows, hits };
  } catch (error) {
    if (isDomainError(error) && operation.declares(error.code)) throw new PartlyDoneError(hits, error);
    throw error;
  }
}

/**
 * Cancels a command in the open transaction for those of its keys for which it has not been done: it never will be. Only if
 * it has been done for all of them (`hits`), there is an output. @throws as {@link beginCommand}.
 */
export async function cancelOnce(
  manager: EntityManager,
  operation: PreparedOperation,
  input: unknown,
  claim: Claim,
): Promise<Done> {
  const done = resultsOf(operation, claim, await beginCommand(manager, claim));
  const hits = [...done.keys()];
  const keys = claim.keys.filter((key) => !done.has(key));
  if (keys.length === 0) return { output: operation.merge(input, [...done.values()]), rows: none, hits };
  return { output: undefined, rows: await storeCancelled(manager, claimFor(claim, keys)), hits };
}

async function runFor(
  manager: EntityManager,
  operation: PreparedOperation,
  input: unknown,
  claim: Claim,
  handle: (input: unknown) => Promise<unknown>,
): Promise<Done> {
  const output = operation.output.pick(await handle(input));
  const results = claim.keys.map((key) => JSON.stringify(resultFor(operation, input, key, output)));
  const rows = await storeResults(manager, claim, results);
  return { output, rows, hits: [] };
}

/** What is kept for one key: the answer of a command for that key alone. */
const resultFor = (operation: PreparedOperation, input: unknown, key: string, output: unknown): unknown =>
  operation.severalKeys
    ? operation.output.pick(operation.merge(operation.pick(input, [key]), [output]))
    : output;

function resultsOf(
  { module, name }: PreparedOperation,
  { commandId }: Claim,
  earlier: readonly Earlier[],
): Map<string, unknown> {
  const results = new Map<string, unknown>();
  for (const each of earlier) {
    // A command commits its claim with its result; a row without one is no command's.
    if (each.state === 'running') throw new OutcomeUnknownError(module, name, commandId);
    results.set(each.key, JSON.parse(each.result) as unknown);
  }
  return results;
}
