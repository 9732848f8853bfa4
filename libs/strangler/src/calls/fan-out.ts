import { isDomainError, OutcomeUnknownError, type DomainError } from '../contract/errors.js';
import type { PreparedOperation } from '../contract/operation.js';
import { isForRouter, isOwnerLost, partlyDone } from '../database/refusals.js';
import type { Part } from '../routes/route.js';

/*
 * A command whose keys have different owners is carried out in parts, one an owner, all under its command id; a query of such keys is asked in
 * parts. Pure: the router carries out what is decided here.
 */

/** How one part ended. */
export type Ended =
  | { kind: 'ok'; part: Part; output: unknown }
  /** Nothing was done, and nothing will be. `done`: keys that an earlier try had done. */
  | { kind: 'refused'; part: Part; error: DomainError; done: readonly string[] }
  /** Nothing was done; the owner is another one, or nobody for a moment. */
  | { kind: 'elsewhere'; part: Part; error: DomainError }
  /** Nothing was done, and the side cannot be reached. */
  | { kind: 'unreached'; part: Part; error: unknown }
  /** It may have been done. */
  | { kind: 'unknown'; part: Part; error: unknown };

/** Sorts what a part threw by what it says of its effect. */
export function failed(part: Part, error: unknown): Ended {
  if (!isDomainError(error)) return { kind: 'unknown', part, error };
  if (isOwnerLost(error)) return { kind: 'elsewhere', part, error };
  if (isForRouter(error)) {
    const { keys, refusal } = partlyDone(error);
    return { kind: 'refused', part, error: refusal, done: keys };
  }
  if (error.code === 'unavailable') return { kind: 'unreached', part, error };
  if (error.code === 'outcome_unknown' || error.code === 'internal') return { kind: 'unknown', part, error };
  return { kind: 'refused', part, error, done: [] };
}

/** What follows from how the parts of one try ended. */
export type FanOutVerdict =
  | { kind: 'answer'; output: unknown }
  /** Some owner has changed: try again, with all keys. */
  | { kind: 'again'; refusals: readonly (Ended & { kind: 'elsewhere' })[] }
  /** Tell the caller, after `undo` (keys that are done, or may be) has been taken back. */
  | FanOutFailure;

/** The command fails, if that is decided: by the key at which it is cancelled before anything is taken back. */
export interface FanOutFailure {
  readonly kind: 'fail';
  readonly error: unknown;
  readonly undo: readonly string[];
  /** `undefined`: nothing is to be decided, or it has been. */
  readonly decideAt?: string | undefined;
}

/** What is known of a command's keys from earlier tries of the same call. */
export interface Known {
  readonly commandId: string;
  /** Keys that are done, or may be. */
  readonly touched: ReadonlySet<string>;
}

/**
 * Decides what follows. A refusal of one part takes all others back: an earlier try of the caller's may have done even
 * those that this one did not reach. If a part may have been done, or cannot be reached while another is done, the outcome
 * is unknown, and nothing is taken back: the caller tries again under the same id.
 */
export function judgeParts(
  operation: PreparedOperation,
  input: unknown,
  ended: readonly Ended[],
  { commandId, touched }: Known,
): FanOutVerdict {
  const of = <K extends Ended['kind']>(kind: K) =>
    ended.filter((each): each is Ended & { kind: K } => each.kind === kind);
  const refusedParts = of('refused');
  // What was taken back by an earlier try of the caller's says less than why.
  const refused = refusedParts.find(({ error }) => error.code !== 'command_undone') ?? refusedParts[0];
  if (refused) {
    // The id is another command's: what was done under it is that one's.
    if (refused.error.code === 'idempotency_key_reused')
      return { kind: 'fail', error: refused.error, undo: [] };
    const others = ended.flatMap(({ kind, part }) => (kind === 'refused' ? [] : part.keys));
    const done = new Set([...touched, ...others, ...refusedParts.flatMap((each) => each.done)]);
    return { kind: 'fail', error: refused.error, undo: [...done], decideAt: decisionKey(refusedParts) };
  }
  const [unknown] = of('unknown');
  if (unknown) return { kind: 'fail', error: unknown.error, undo: [] };
  const [unreached] = of('unreached');
  if (unreached) {
    const partly = operation.kind !== 'query' && (touched.size > 0 || of('ok').length > 0);
    const error = partly
      ? new OutcomeUnknownError(operation.module, operation.name, commandId)
      : unreached.error;
    return { kind: 'fail', error, undo: [] };
  }
  const refusals = of('elsewhere');
  if (refusals.length > 0) return { kind: 'again', refusals };
  const outputs = of('ok').map(({ output }) => output);
  return { kind: 'answer', output: outputs.length === 1 ? outputs[0] : operation.merge(input, outputs) };
}

/**
 * The lowest key that was refused. Its row decides, for it is written once: done by another try, so that this one goes on;
 * or cancelled, so that no try can ever have all keys done. A key that is taken back already has decided.
 */
function decisionKey(refused: readonly (Ended & { kind: 'refused' })[]): string | undefined {
  if (refused.some(({ error }) => error.code === 'command_undone')) return undefined;
  return refused.flatMap(({ part, done }) => part.keys.filter((key) => !done.includes(key))).sort()[0];
}

/** The keys of parts that are done, or may be. */
export const keysTouched = (ended: readonly Ended[]): string[] =>
  ended.flatMap(({ kind, part }) => (kind === 'ok' || kind === 'unknown' ? part.keys : []));
