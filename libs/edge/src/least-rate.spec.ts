import fc from 'fast-check';
import { Pace, type LeastRate } from './least-rate.js';

const least: LeastRate = { overMs: 20_000, bytesPerS: 500 };
const longest = 1_000;
/** Between two looks: so long, whether it is the client who is waited for, so many bytes. */
const looks = fc.array(
  fc.record({ ms: fc.integer({ min: 1, max: longest }), waits: fc.boolean(), bytes: fc.nat(1_000) }),
  { maxLength: 300 },
);

function run(all: readonly { ms: number; waits: boolean; bytes: number }[], rule = least) {
  const pace = new Pace(rule, 0);
  let [now, waited, bytes] = [0, 0, 0];
  for (const look of all) {
    now += look.ms;
    if (look.waits) waited += look.ms;
    bytes += look.bytes;
    pace.bytes += look.bytes;
    if (pace.isSlow(now, look.waits)) return { slow: true, waited, bytes };
  }
  return { slow: false, waited, bytes };
}

it('who goes on has moved as much as the rate says, but for what he has not been judged by yet', () => {
  fc.assert(
    fc.property(looks, (all) => {
      const { slow, waited, bytes } = run(all);
      if (!slow) expect(bytes).toBeGreaterThanOrEqual((waited - least.overMs - longest) * 0.5);
    }),
  );
});

it('who is as quick as the rate is never ended, whatever the upstream makes him wait', () => {
  fc.assert(
    fc.property(looks, (all) => {
      const quick = all.map((look) => ({ ...look, bytes: Math.ceil(look.ms / 2) }));
      expect(run(quick).slow).toBe(false);
      expect(run(all.map((look) => ({ ...look, waits: false }))).slow).toBe(false);
    }),
  );
});

it('a byte now and then, or none, is seen as soon as the time is over', () => {
  for (const bytes of [0, 1])
    expect(run(Array.from({ length: 30 }, () => ({ ms: 999, waits: true, bytes })))).toMatchObject({
      slow: true,
      waited: 20_979,
    });
});

it('without a rate it may be as slow as it likes', () => {
  const all = Array.from({ length: 300 }, () => ({ ms: 999, waits: true, bytes: 0 }));
  expect(run(all, { ...least, bytesPerS: 0 }).slow).toBe(false);
});
