import fc from 'fast-check';
import { afterRequest, isEjected, neverEjected, type Ejection } from './ejection.js';

const rule = { errors: 3, baseMs: 10_000, longestMs: 30_000 };
const four = { copies: 4, out: 0 };

/** Errors until it is out, from `now` on. */
function eject(from: Ejection, now: number): Ejection {
  let state = from;
  for (let count = 0; count < rule.errors; count++)
    state = afterRequest(state, { ok: false, now }, four, rule);
  return state;
}

describe('the ejection of a copy', () => {
  it('needs errors in a row: one good answer forgives those before', () => {
    const answers = [false, false, true, false, false];
    const state = answers.reduce((s, ok) => afterRequest(s, { ok, now: 0 }, four, rule), neverEjected);
    expect(isEjected(state, 0)).toBe(false);
    expect(isEjected(afterRequest(state, { ok: false, now: 0 }, four, rule), 0)).toBe(true);
  });

  it('ends by itself, and lasts longer each time, up to the longest', () => {
    let [state, now] = [neverEjected, 0];
    for (const lastsMs of [10_000, 20_000, 30_000, 30_000]) {
      state = eject(state, now);
      expect(state.until - now).toBe(lastsMs);
      now = state.until;
      expect(isEjected(state, now)).toBe(false);
    }
  });

  it('is forgiven by the time that the copy is in again', () => {
    const twice = eject(eject(neverEjected, 0), 10_000);
    expect(twice.times).toBe(2);
    expect(eject(twice, twice.until + 10_000).times).toBe(2);
    expect(eject(twice, twice.until + 20_000).times).toBe(1);
  });

  it('is not made longer by requests that were sent before', () => {
    const out = eject(neverEjected, 0);
    expect(eject(out, 5_000)).toEqual(out);
    expect(afterRequest(out, { ok: true, now: 5_000 }, four, rule)).toEqual(out);
  });

  it('never takes more than half of a pool, whatever happens in whatever order, so never the last one', () => {
    const request = fc.record({
      copy: fc.nat(7),
      ok: fc.boolean(),
      afterMs: fc.nat(8_000),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(request, { maxLength: 120 }),
        (copies, requests) => {
          const states = Array.from({ length: copies }, () => neverEjected);
          let now = 0;
          const outNow = () => states.filter((state) => isEjected(state, now)).length;
          for (const { copy, ok, afterMs } of requests) {
            now += afterMs;
            const at = copy % copies;
            states[at] = afterRequest(states[at]!, { ok, now }, { copies, out: outNow() }, rule);
            expect(outNow()).toBeLessThanOrEqual(Math.floor(copies / 2));
          }
        },
      ),
    );
  });
});
