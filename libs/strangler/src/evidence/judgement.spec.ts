import fc from 'fast-check';
import type { Counted } from './binomial.js';
import { bursts, judge, verdict, type Population, type Rule } from './judgement.js';

const rule: Rule = { limit: 0.01, minSamples: 200, confidence: 0.95 };
const none: Counted = { n: 0, bad: 0 };
const of = (n: number, bad = 0): Counted => ({ n, bad });
const nobody: Population = { now: none, old: none };
/** Judged against the limit alone. */
const alone = (n: number, bad = 0): Population => ({ now: of(n, bad), old: none });
const beside = (now: Counted, old: Counted): Population => ({ now, old });

it.each<[what: string, populations: Population[], state: string, needed: number]>([
  ['nothing', [nobody, nobody], 'hold', 321],
  ['without a fault, against the limit alone: one too few', [alone(320), nobody], 'hold', 321],
  ['without a fault, against the limit alone', [alone(321), nobody], 'pass', 321],
  ['probes and customers are never pooled', [alone(300), alone(21)], 'hold', 342],
  ['nor are they if each has almost enough', [alone(320), alone(320)], 'hold', 641],
  ['one of them is enough by itself, and the other is clean', [alone(321), alone(21)], 'pass', 342],
  ['either of them', [alone(21), alone(321)], 'pass', 342],
  [
    'beside the one that is enough, the other has to make up for its fault',
    [alone(321), alone(717, 1)],
    'hold',
    1_039,
  ],
  ['and has', [alone(321), alone(718, 1)], 'pass', 1_039],
  ['what makes up for its fault is enough for both', [alone(100), alone(718, 1)], 'pass', 818],
  ['beside an old side without a fault: one too few', [beside(of(303), of(303)), nobody], 'hold', 304],
  ['beside an old side without a fault', [beside(of(304), of(304)), nobody], 'pass', 304],
  ['one fault has to be made up for', [alone(321, 1), nobody], 'hold', 718],
  ['and is, with more samples', [alone(718, 1), nobody], 'pass', 718],
  ['by the population in which it was, not by the other', [alone(5_000), alone(21, 1)], 'hold', 5_718],
  ['an old side with the same faults excuses them', [beside(of(20_000, 400), of(20_000, 400))], 'pass', 304],
  ['an old side without does not', [beside(of(20_000, 400), of(20_000))], 'fail', 304],
  ['one population fails though the other is good', [alone(100_000), alone(40, 8)], 'fail', 0],
])('%s', (_what, populations, state, needed) => {
  const judged = judge(populations, rule);
  expect(judged.state).toBe(state);
  if (state !== 'fail' && !populations.some(({ now }) => now.bad > 1)) expect(judged.needed).toBe(needed);
  expect(judged.confidence).toBe({ pass: 0.95, hold: null, fail: 0.99 }[judged.state]);
});

it('a limit of 0 breaks at the first, and cannot be proven', () => {
  const strict = { ...rule, limit: 0 };
  expect(judge([alone(1, 1)], strict)).toMatchObject({ state: 'fail' });
  expect(judge([alone(199)], strict)).toMatchObject({ state: 'hold', needed: 200 });
  expect(judge([alone(180), alone(19)], strict)).toMatchObject({ state: 'hold', lacking: [1, 1] });
  expect(judge([alone(180), alone(20)], strict)).toMatchObject({
    state: 'pass',
    needed: 200,
    confidence: null,
  });
});

it('where no samples are asked for nothing is waited for; what is clearly bad fails all the same', () => {
  const lax = { ...rule, minSamples: 0 };
  expect(judge([nobody], lax)).toEqual({ state: 'pass', needed: 0, lacking: [0], confidence: null });
  expect(judge([alone(50, 40)], lax)).toMatchObject({ state: 'fail' });
});

it('after a million good calls, a bad burst stops it at that look', () => {
  const good = of(1_000_000);
  const burst = (bad: number): Population => ({
    now: of(1_000_020, bad),
    old: good,
    recent: { now: of(20, bad), old: of(2_000) },
  });
  // The lower 99 % bound of 2 of 20 is 0.76 %, of 3 of 20 it is 2.3 %.
  expect(judge([burst(2)], rule).state).not.toBe('fail');
  expect(judge([burst(3)], rule).state).toBe('fail');
});

it('where some were bad before, a burst is what chance does not make of them', () => {
  const after = (n: number, before: number, bad: number): Population => ({
    now: of(n + 20, before + bad),
    old: none,
    recent: { now: of(20, bad), old: none },
  });
  expect(judge([after(100_000, 500, 3)], rule).state).not.toBe('fail');
  expect(judge([after(100_000, 500, 4)], rule).state).toBe('fail');
  // What was there before does not excuse more than the limit does.
  expect(bursts(after(100_000, 5_000, 5), rule.limit)).toBe(true);
});

it('what both sides suffer from is not the fault of the new one', () => {
  const outage = { now: of(100, 50), old: of(100, 50), recent: { now: of(100, 50), old: of(100, 50) } };
  expect(judge([outage], rule).state).toBe('hold');
});

const anySeen = fc.nat(2_000).chain((n) => fc.record({ n: fc.constant(n), bad: fc.nat(Math.min(n, 30)) }));
const anyPopulation = fc.record({ now: anySeen, old: anySeen });
const anyRule = fc.record({
  limit: fc.constantFrom(0, 0.001, 0.01, 0.2, 1),
  minSamples: fc.constantFrom(0, 1, 200),
  confidence: fc.constantFrom(0.5, 0.95, 0.99),
});

it('nothing passes with fewer samples than it says it needs, and what holds needs more than there are', () => {
  fc.assert(
    fc.property(anyPopulation, anyPopulation, anyRule, (a, b, asked) => {
      const judged = judge([a, b], asked);
      const size = a.now.n + b.now.n;
      if (judged.state === 'pass') expect(size).toBeGreaterThanOrEqual(judged.needed);
      if (judged.state === 'hold' && asked.limit > 0) expect(size).toBeLessThan(judged.needed);
    }),
    {
      numRuns: 300,
      // Where the old side was asked seldom it is not clear how good it is.
      examples: [
        [alone(575), beside(of(269, 3), of(30, 3)), { limit: 0.01, minSamples: 1, confidence: 0.99 }],
      ],
    },
  );
});

it('what a population lacks is enough without more of the other, where that one has shown nothing bad', () => {
  fc.assert(
    fc.property(anySeen, fc.nat(400), anyRule, (now, other, asked) => {
      const populations = (n: number) => [alone(n, now.bad), alone(other)];
      const { state, lacking } = judge(populations(now.n), asked);
      fc.pre(state === 'hold' && now.bad <= now.n * asked.limit);
      expect(judge(populations(now.n + lacking[0]!), asked).state).toBe('pass');
    }),
    { numRuns: 300 },
  );
});

it('a share is never proven by two populations of which neither proves it', () => {
  const proving = anyRule.filter(({ limit, minSamples }) => limit > 0 && limit < 1 && minSamples > 0);
  fc.assert(
    fc.property(anyPopulation, anyPopulation, proving, (a, b, asked) => {
      const each = [a, b].map((one) => judge([one], asked).state);
      if (judge([a, b], asked).state === 'pass') expect(each).toContain('pass');
    }),
    { numRuns: 300 },
  );
});

it('one more fault never makes it better', () => {
  const rank = { fail: 0, hold: 1, pass: 2 };
  fc.assert(
    fc.property(anyPopulation, anyRule, ({ now, old }, asked) => {
      fc.pre(now.bad < now.n);
      const worse = { now: of(now.n, now.bad + 1), old };
      expect(rank[judge([worse], asked).state]).toBeLessThanOrEqual(rank[judge([{ now, old }], asked).state]);
    }),
    { numRuns: 300 },
  );
});

/* How often it is wrong. A pseudo-random generator with a seed (mulberry32): the same numbers in every run. */
function random(seed: number): () => number {
  // Jest's sandbox looks a global up each time, slowly.
  const { imul } = Math;
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = imul(state ^ (state >>> 15), 1 | state);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** How many of `n` are bad, each with the probability `share`; by inversion, one random number for all. */
function binomial(n: number, share: number, next: () => number): () => number {
  const none = (1 - share) ** n;
  return () => {
    let [bad, left, probability] = [0, next(), none];
    while (left > probability && bad < n) {
      left -= probability;
      bad += 1;
      probability *= ((n - bad + 1) * share) / (bad * (1 - share));
    }
    return bad;
  };
}

/** Walks of 15 looks with 200 calls to each side between two looks. Answers the shares of walks that ended so. */
function simulate({ runs, now, old, seed }: { runs: number; now: number; old: number | null; seed: number }) {
  const next = random(seed);
  const [badNow, badOld] = [binomial(200, now, next), binomial(200, old ?? 0, next)];
  const ends = { pass: 0, fail: 0, hold: 0 };
  for (let run = 0; run < runs; run++) {
    const seen = { now: of(0), old: of(0) };
    let state: 'pass' | 'hold' | 'fail' = 'hold';
    for (let look = 0; look < 15 && state === 'hold'; look++) {
      seen.now = of(seen.now.n + 200, seen.now.bad + badNow());
      if (old !== null) seen.old = of(seen.old.n + 200, seen.old.bad + badOld());
      state = verdict([seen], rule);
    }
    ends[state] += 1 / runs;
  }
  return ends;
}

it.each([
  ['alone, at the limit', 0.01, null],
  ['beside a flawless side, at the limit', 0.01, 0],
  ['beside a side with faults, at the limit', 0.015, 0.005],
])(
  '%s: looked at each second, it passes in at most 5 % of all walks, and is stopped in at most 1 %',
  (_what, now, old) => {
    const ends = simulate({ runs: 200, now, old, seed: 7 });
    // Of 200 walks, three standard deviations more.
    expect(ends.pass).toBeLessThanOrEqual(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 200));
    expect(ends.fail).toBeLessThanOrEqual(0.01 + 3 * Math.sqrt((0.01 * 0.99) / 200));
  },
);

it('without a fault it always passes; five times worse than allowed it is always stopped', () => {
  expect(simulate({ runs: 20, now: 0, old: 0, seed: 8 }).pass).toBeCloseTo(1);
  expect(simulate({ runs: 20, now: 0.05, old: 0, seed: 9 }).fail).toBeCloseTo(1);
});

/** The share of hours, begun with a step, in which some second's look at the last ten seconds stops it; and of bakes of 30 s. */
function falseAlarms({ runs, perSecond, share }: { runs: number; perSecond: number; share: number }) {
  const bad = binomial(perSecond, share, random(11));
  const alarms = { hour: 0, bake: 0 };
  for (let run = 0; run < runs; run++) {
    const at = firstBurst(bad, perSecond);
    if (at <= 3_600) alarms.hour += 1 / runs;
    if (at <= 30) alarms.bake += 1 / runs;
  }
  return alarms;
}

/** The second of the first look that says `bursts`. */
function firstBurst(bad: () => number, perSecond: number): number {
  const seconds: number[] = [];
  const [all, recent] = [of(0), of(0)];
  for (let at = 1; at <= 3_600; at++) {
    const now = bad();
    seconds.push(now);
    const gone = at > 10 ? (seconds[at - 11] as number) : 0;
    all.n += perSecond;
    all.bad += now;
    recent.n = (at > 10 ? 10 : at) * perSecond;
    recent.bad += now - gone;
    if (recent.bad > 0 && bursts({ now: all, old: none, recent: { now: recent, old: none } }, rule.limit))
      return at;
  }
  return Infinity;
}

it.each([
  // More runs are in ADR 0016.
  [2, 0.001, 100],
  [2, 0.005, 100],
  [2, 0.01, 100],
  [20, 0.005, 100],
])(
  '%d calls a second of which %d are bad: a look at each second of an hour stops at most 1 % of all walks for a burst',
  (perSecond, share, runs) => {
    const { hour, bake } = falseAlarms({ runs, perSecond, share });
    // Three standard deviations more. The bare lower bound of the last ten seconds stops 13 % at half of the limit.
    expect(hour).toBeLessThanOrEqual(0.01 + 3 * Math.sqrt((0.01 * 0.99) / runs));
    expect(bake).toBeLessThanOrEqual(0.01);
  },
);
