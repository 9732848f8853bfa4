import { judgeOrder, judgeRest, type Answer } from './outcome.js';

const answer = (status: number, body: Record<string, unknown> = {}): Answer => ({
  status,
  code: typeof body.code === 'string' ? body.code : undefined,
  body,
  retryAfterMs: undefined,
});

const final = (outcome: unknown) => ({ kind: 'final', outcome });

describe('the judgement of an answer', () => {
  it.each([
    [201, { status: 'confirmed' }, 'placed'],
    [200, { status: 'confirmed' }, 'placed'],
    [202, { status: 'pending_payment' }, 'pending_payment'],
    [409, { code: 'out_of_stock' }, 'out_of_stock'],
    [402, { code: 'payment_declined' }, 'payment_declined'],
  ])('%d %j is declared: %s', (status, body, outcome) => {
    expect(judgeOrder(answer(status, body))).toEqual(final(outcome));
  });

  it.each([
    [201, { status: 'pending' }, 'order_pending'],
    [201, { status: 'cancelled' }, 'order_cancelled'],
    [201, {}, 'order_undefined'],
    [400, { code: 'validation_failed' }, 'validation_failed'],
    [404, { code: 'not_found' }, 'not_found'],
    [409, { code: 'order_cancelled' }, 'order_cancelled'],
    [422, { code: 'idempotency_key_reused' }, 'idempotency_key_reused'],
    [500, { code: 'internal' }, 'internal'],
    [502, {}, 'http_502'],
    [302, {}, 'http_302'],
  ])('%d %j is a failure: %s', (status, body, failed) => {
    expect(judgeOrder(answer(status, body))).toEqual(final({ failed }));
  });

  it.each([
    [503, { code: 'unavailable' }, 'unavailable'],
    [504, { code: 'outcome_unknown' }, 'outcome_unknown'],
    [503, {}, 'http_503'],
    [0, { code: 'econnrefused' }, 'econnrefused'],
  ])('%d %j is no end: the same request goes out again', (status, body, code) => {
    const waiting = { ...answer(status, body), retryAfterMs: 1_000 };
    expect(judgeOrder(waiting)).toEqual({ kind: 'again', code, afterMs: 1_000 });
    expect(judgeRest(waiting)).toEqual({ kind: 'again', code, afterMs: 1_000 });
  });

  it('asks for a new login when the token has expired, but takes a refused login for an end', () => {
    const refused = answer(401, { code: 'unauthenticated' });
    expect(judgeOrder(refused)).toEqual({ kind: 'log_in' });
    expect(judgeRest(refused)).toEqual(final({ failed: 'unauthenticated' }));
  });
});
