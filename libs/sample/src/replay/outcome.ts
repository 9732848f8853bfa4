/** The ways in which the shop says that an order may end. */
export const declaredOutcomes = ['placed', 'pending_payment', 'out_of_stock', 'payment_declined'] as const;
export type DeclaredOutcome = (typeof declaredOutcomes)[number];

/** How an order ended; `unfinished`: the replay was stopped while it waited to try again. */
export type Outcome = DeclaredOutcome | 'unfinished' | { failed: string };

/** The shop's answer to one request; status 0 when there was none. */
export interface Answer {
  status: number;
  /** The problem's code; without an answer, why there was none. */
  code: string | undefined;
  body: Readonly<Record<string, unknown>>;
  retryAfterMs: number | undefined;
}

/** What an answer means for the order. */
export type Verdict =
  | { kind: 'final'; outcome: Outcome }
  /** Nothing was done, or perhaps it was: the same request may be sent again. */
  | { kind: 'again'; code: string; afterMs: number | undefined }
  | { kind: 'log_in' };

/** No answer, unavailable, gateway time-out: all that a repetition with the same Idempotency-Key can set right. */
const passing = new Set([0, 503, 504]);

/** Judges the answer to an order. */
export function judgeOrder(answer: Answer): Verdict {
  const { status, code } = answer;
  if (status >= 200 && status < 300) return { kind: 'final', outcome: placed(answer.body.status) };
  if (status === 401) return { kind: 'log_in' };
  if (status === 409 && code === 'out_of_stock') return { kind: 'final', outcome: code };
  if (status === 402 && code === 'payment_declined') return { kind: 'final', outcome: code };
  return judgeRest(answer);
}

/** Judges the refusal of a login. */
export function judgeRest({ status, code, retryAfterMs }: Answer): Verdict {
  const reason = code ?? `http_${status}`;
  if (passing.has(status)) return { kind: 'again', code: reason, afterMs: retryAfterMs };
  return { kind: 'final', outcome: { failed: reason } };
}

function placed(status: unknown): Outcome {
  if (status === 'confirmed') return 'placed';
  if (status === 'pending_payment') return status;
  return { failed: `order_${String(status)}` };
}
