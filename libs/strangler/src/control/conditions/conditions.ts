import {
  approval,
  bake,
  errorRate,
  localUse,
  mismatchesGate,
  p99Ratio,
  verifyGate,
} from './call-conditions.js';
import type { Condition } from './condition.js';
import { copies, tables } from './copy-conditions.js';
import {
  backfill,
  degraded,
  lag,
  longTransaction,
  outbox,
  quarantinedGate,
  relay,
  unnamed,
} from './flow-conditions.js';
import { agreement, capture, fenced, idleCapture, proof } from './owner-conditions.js';
import { rehearsal, strays } from './trial-conditions.js';

/**
 * Every condition, in the order in which it is told. Gates, hand-off, step runner and doctor read this table and no other, so that a fact is
 * judged in one place. A new condition is one row: its parts say who asks for it ({@link Condition}); what each side meets or not
 * by itself is made by `ofSide`, of one measure and one sentence. A gate has its line in docs/strangler-yaml.md, too, and a test
 * compares them.
 *
 * @example
 * ```
 * // A row that holds hand-offs, is a gate before every share, and that doctor tells of:
 * export const lost = ofSide({
 *   measure: ({ lost }) => lost.length,
 *   message: (side, { lost }) => `${lost.length} rows of ${side} are lost`,
 *   holdsHandOff: true,
 *   gate: {
 *     settings: [], measures: 'rows that are lost', fails: 'any', before: ['first share', 'next share'], firm: true, beyond: 'fail',
 *     words: ({ value }) => ({ needs: 'no lost rows', has: `${value}` }),
 *   },
 *   doctor: (_side, { lost }) => ({ meaning: 'nobody has them', remedy: `look for ${lost[0]!.pk}` }),
 * });
 * ```
 */
export const conditions = {
  proof,
  fenced,
  capture,
  'idle capture': idleCapture,
  backfill,
  lag,
  relay,
  quarantined: quarantinedGate,
  unnamed,
  degraded,
  'long transaction': longTransaction,
  agreement,
  copies,
  tables,
  verify: verifyGate,
  outbox,
  'local use': localUse,
  'shadow mismatches': mismatchesGate,
  'error rate': errorRate,
  'p99 ratio': p99Ratio,
  rehearsal,
  strays,
  bake,
  approval,
} as const satisfies Readonly<Record<string, Condition>>;

/** As `status`, the history and the reference page name it. */
export type ConditionName = keyof typeof conditions;

/** The rows with their names. */
export const allConditions = Object.entries(conditions) as readonly [ConditionName, Condition][];
