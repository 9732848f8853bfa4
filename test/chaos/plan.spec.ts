import fc from 'fast-check';
import { faultKinds, mayMeet, planOf, type Fault, type Plan, type Round } from './plan.js';

const seeds = fc.integer({ min: 0, max: 99_999 });

const faultsOf = (round: Round): Fault[] => ('faults' in round ? round.faults.map(({ fault }) => fault) : []);

/** All of it, and so many walks. */
const said = ({ rounds, walks, last }: Plan) => ({
  ...{ rounds, last },
  walks: Array.from({ length: 20 }, () => walks.next().value),
});

describe('the plan of a seed', () => {
  it('is the same whenever it is made, and another one for another seed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const plan = said(planOf({ seed, minutes: 5 }));
        expect(said(planOf({ seed, minutes: 5 }))).toEqual(plan);
        expect(said(planOf({ seed: seed + 1, minutes: 5 }))).not.toEqual(plan);
      }),
    );
  });

  it('has each kind of fault within five minutes, those left out never, and one restore', () => {
    fc.assert(
      fc.property(seeds, fc.subarray(faultKinds), (seed, without) => {
        if (without.length === faultKinds.length) return;
        const { rounds } = planOf({ seed, minutes: 5, without });
        const kinds = new Set(rounds.flatMap(faultsOf).map(({ kind }) => kind));
        expect([...kinds].sort()).toEqual(faultKinds.filter((kind) => !without.includes(kind)).sort());
        expect(rounds.filter((round) => 'restore' in round)).toHaveLength(1);
      }),
    );
  });

  it('has nothing beside a restore, and at once only what may meet', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 60 }), (seed, minutes) => {
        for (const round of planOf({ seed, minutes }).rounds) {
          const [first, second, ...more] = faultsOf(round);
          expect(more).toEqual([]);
          expect('restore' in round ? first : undefined).toBeUndefined();
          if (first && second) expect(mayMeet(first, second)).toBe(true);
        }
      }),
    );
  });

  it('puts nothing back of an owner whose copy is not whole, and lasts as long as it is asked to', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 60 }), (seed, minutes) => {
        const { rounds } = planOf({ seed, minutes });
        const [restore] = rounds.flatMap((round) => ('restore' in round ? [round.restore] : []));
        expect(restore).not.toMatchObject({ side: 'monolith', at: 'dual-write' });
        expect(rounds.at(-1)!.atMs).toBeLessThan(minutes * 60_000);
        expect(rounds).toHaveLength(minutes * 3);
      }),
    );
  });
});

describe('two faults at once', () => {
  const killed = (side: 'monolith' | 'extracted', copy: 1 | 2): Fault => ({
    ...{ kind: side === 'monolith' ? 'monolith killed' : 'service killed' },
    at: { crew: { side, copy }, module: 'orders' },
  });

  it.each<[what: string, a: Fault, b: Fault, may: boolean]>([
    ['both copies of the monolith', killed('monolith', 1), killed('monolith', 2), false],
    [
      'a copy, and the link of the other one',
      killed('monolith', 1),
      { kind: 'link cut', crew: { side: 'monolith', copy: 2 }, to: 'NATS' },
      false,
    ],
    ['a copy of each side', killed('monolith', 1), killed('extracted', 1), true],
    ['a database and a copy', { kind: 'database killed', side: 'monolith' }, killed('monolith', 2), true],
    ['a database and NATS', { kind: 'database killed', side: 'monolith' }, { kind: 'NATS wiped' }, false],
    [
      'both databases',
      { kind: 'database killed', side: 'monolith' },
      { kind: 'disk full', side: 'extracted' },
      false,
    ],
  ])('%s: %p %p %p', (_what, a, b, may) => {
    expect(mayMeet(a, b)).toBe(may);
    expect(mayMeet(b, a)).toBe(may);
  });
});
