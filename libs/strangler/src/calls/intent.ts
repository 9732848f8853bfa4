import { callDue } from '../contract/contract.js';
import type { EntityManager } from 'typeorm';
import {
  beginCommand,
  resultIdOf,
  storedResult,
  storeResults,
  type Claim,
  type Earlier,
} from './idempotency.js';
import type { Done } from './once.js';
import type { PreparedOperation } from '../contract/operation.js';

/** Where a command with an effect outside stands after its transaction. */
export type Intent = { readonly kind: 'due' } | ({ readonly kind: 'over' } & Done);

/** What to do about a command, of what earlier tries under its id have left. */
export type Next = { kind: 'answer'; result: string } | { kind: 'intend' };

/**
 * Decides it. Pure. Only what was written down answers: of a try that has committed its intent and no result nobody knows whether
 * it made its call, so that is made again, under the same key, unless the module's rows say by now that it is not due.
 */
export function nextOf(earlier: Earlier | undefined, settled: string | undefined): Next {
  if (earlier?.state === 'done') return { kind: 'answer', result: earlier.result };
  return settled === undefined ? { kind: 'intend' } : { kind: 'answer', result: settled };
}

/**
 * The first of the three steps, in the open transaction: claims the command id, so that a command that takes it back is told
 * of it, and has `handle` say whether the call is due.
 */
export async function intend(
  manager: EntityManager,
  operation: PreparedOperation,
  claim: Claim,
  handle: () => Promise<unknown>,
): Promise<Intent> {
  const [earlier] = await beginCommand(manager, claim);
  const settled =
    earlier?.state === 'running'
      ? await storedResult(manager, { ...claim, commandId: resultIdOf(claim.commandId) })
      : undefined;
  const next = nextOf(earlier, settled);
  if (next.kind === 'answer') {
    const output = JSON.parse(next.result) as unknown;
    return { kind: 'over', output, rows: { ids: [], start: '' }, hits: claim.keys };
  }
  const answer = await handle();
  if (answer === callDue) return { kind: 'due' };
  const output = operation.output.pick(answer);
  const rows = await storeResults(manager, claim, [JSON.stringify(output)]);
  return { kind: 'over', output, rows, hits: [] };
}
