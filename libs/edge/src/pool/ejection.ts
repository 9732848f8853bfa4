/** When a copy is taken out for its errors, and for how long. */
export interface EjectionRule {
  /** Errors in a row that put a copy out. */
  readonly errors: number;
  /** The first time it is out for so long, in ms, the second time for twice as long, and so on. */
  readonly baseMs: number;
  readonly longestMs: number;
}

/** What is remembered of one copy. */
export interface Ejection {
  readonly errorsInARow: number;
  /** How often it was out; each `baseMs` that it is in again takes one away. */
  readonly times: number;
  /** Out until then, in ms of the caller's clock. */
  readonly until: number;
}

export const neverEjected: Ejection = { errorsInARow: 0, times: 0, until: Number.NEGATIVE_INFINITY };

export const isEjected = ({ until }: Ejection, now: number): boolean => now < until;

/** At most half of the copies are out at a time, so one always stays. */
const mayGo = ({ copies, out }: { copies: number; out: number }): boolean => out + 1 <= copies / 2;

/**
 * What a request says of the copy that had it. What comes in while the copy is out was sent before, and changes nothing.
 * @param pool how many copies there are, and how many of them are out
 * @see Envoy's outlier detection (`consecutive_gateway_failure`, `base_ejection_time`, `max_ejection_percent`)
 */
export function afterRequest(
  before: Ejection,
  { ok, now }: { ok: boolean; now: number },
  pool: { copies: number; out: number },
  rule: EjectionRule,
): Ejection {
  if (isEjected(before, now)) return before;
  if (ok) return before.errorsInARow === 0 ? before : { ...before, errorsInARow: 0 };
  const errorsInARow = before.errorsInARow + 1;
  if (errorsInARow < rule.errors || !mayGo(pool)) return { ...before, errorsInARow };
  const forgiven = before.times === 0 ? 0 : Math.floor((now - before.until) / rule.baseMs);
  const times = Math.max(0, before.times - forgiven) + 1;
  return { errorsInARow: 0, times, until: now + Math.min(rule.longestMs, rule.baseMs * times) };
}
