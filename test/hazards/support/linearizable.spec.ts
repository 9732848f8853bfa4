import fc from 'fast-check';
import { firstViolation, register, type Operation, type RegisterStep } from './linearizable.js';

/* A checker that accepts everything would prove nothing; one that refuses what is right would be turned off. */
type Op = Operation<RegisterStep>;
type Span = readonly [invoked: number, returned: number];

const write = (value: string, [invoked, returned]: Span, certain = true): Op => ({
  ...{ step: { write: value }, invoked, returned, certain },
});
const read = (value: string, [invoked, returned]: Span): Op => ({
  ...{ step: { read: value }, invoked, returned, certain: true },
});
const violation = (...history: Op[]) => firstViolation(history, register('0'));

describe('a history by hand', () => {
  it.each<[string, Op[]]>([
    ['of nobody', []],
    ['one after the other', [write('a', [0, 1]), read('a', [2, 3]), write('b', [4, 5]), read('b', [6, 7])]],
    ['a read beside a write has the old value', [write('a', [0, 9]), read('0', [1, 2])]],
    ['a read beside a write has the new value', [write('a', [0, 9]), read('a', [1, 2])]],
    ['two writes at once, in either order', [write('a', [0, 9]), write('b', [1, 8]), read('a', [10, 11])]],
    ['who ends when the other begins is beside him', [write('a', [0, 5]), read('0', [5, 6])]],
    ['a write of unknown outcome was lost', [write('a', [0, Infinity], false), read('0', [5, 6])]],
    ['it took effect at once', [write('a', [0, Infinity], false), read('a', [5, 6]), read('a', [7, 8])]],
    ['it took effect late', [write('a', [0, Infinity], false), read('0', [5, 6]), read('a', [7, 8])]],
    [
      'of two of them the second came first',
      [
        write('a', [0, Infinity], false),
        write('b', [1, Infinity], false),
        ...[read('b', [2, 3]), read('a', [4, 5])],
      ],
    ],
    ['one that may have happened, up to a moment', [write('a', [0, 4], false), read('a', [5, 6])]],
  ])('is right: %s', (_what, history) => {
    expect(violation(...history)).toBeUndefined();
  });

  const stale = read('0', [2, 3]);
  it.each<[string, Op[], Op]>([
    ['a read behind a write has the old value', [write('a', [0, 1]), stale], stale],
    ['a read goes back behind another one', [write('a', [0, 9]), read('a', [0, 1]), stale], stale],
    ['by another reader, who was never told', [read('a', [0, 1]), write('a', [0, 9]), stale], stale],
    ['what nobody wrote', [write('a', [0, 1]), read('b', [2, 3])], read('b', [2, 3])],
    [
      'a write of unknown outcome comes and goes',
      [write('a', [0, Infinity], false), ...[read('a', [0, 1]), stale]],
      stale,
    ],
    [
      'one that may have happened up to a moment came later',
      [write('a', [0, 1], false), ...[stale, read('a', [4, 5])]],
      read('a', [4, 5]),
    ],
  ])('is wrong: %s', (_what, history, found) => {
    expect(violation(...history)).toEqual(found);
  });

  it('of many lost writes takes no longer than of a few', () => {
    const lost = Array.from({ length: 100 }, (_, i) => write(`${i}`, [0, Infinity], false));
    const none = read('none of them', [4, 5]);
    expect(violation(...lost, read('7', [1, 2]), read('9', [2, 3]), none)).toBe(none);
  });

  it('of many reads at once takes no longer than of a few', () => {
    const atOnce = Array.from({ length: 400 }, (_, i) => read(i % 2 === 0 ? '0' : 'a', [0, 10 + i]));
    expect(violation(write('a', [0, 9]), ...atOnce)).toBeUndefined();
  });

  it('that nobody could look through in time is refused, not accepted', () => {
    const atOnce = Array.from({ length: 40 }, (_, i) => write(`${i}`, [0, 1]));
    expect(() => violation(...atOnce, read('7', [2, 3]))).toThrow('more than');
  });
});

/** What one register answers to operations at these moments, and when clients began and ended around them. */
const servedBy = (...outcomes: ('told' | 'lost answer' | 'lost call')[]) =>
  fc
    .array(
      fc.record({
        at: fc.double({ min: 0, max: 100, noNaN: true }),
        before: fc.double({ min: 0, max: 15, noNaN: true }),
        behind: fc.double({ min: 0, max: 15, noNaN: true }),
        writes: fc.boolean(),
        outcome: fc.constantFrom(...outcomes),
      }),
      { maxLength: 40 },
    )
    .map((asked) => {
      let value = '0';
      return [...asked]
        .sort((a, b) => a.at - b.at)
        .map(({ at, before, behind, writes, outcome }, i): Op => {
          const span: Span = [at - before, at + behind];
          if (!writes) return read(value, span);
          if (outcome !== 'lost call') value = `${i}`;
          return outcome === 'told' ? write(`${i}`, span) : write(`${i}`, [span[0], Infinity], false);
        });
    });

it('accepts what a register has answered, however its clients overlapped and whatever they were not told', () => {
  const served = servedBy('told', 'told', 'told', 'told', 'lost answer', 'lost call');
  fc.assert(
    fc.property(served, (history) => violation(...history) === undefined),
    { numRuns: 100 },
  );
});

it('finds one stale read in it', () => {
  let planted = 0;
  fc.assert(
    fc.property(servedBy('told'), fc.nat(), (history, pick) => {
      const overwritten = valuesOverwritten(history);
      if (overwritten.length === 0) return true;
      planted += 1;
      const stale = read(overwritten[pick % overwritten.length]!, [200, 201]);
      return violation(...history, stale) === stale;
    }),
    { numRuns: 100 },
  );
  expect(planted).toBeGreaterThan(20);
});

/** Values that another write has taken the place of for sure: it began when theirs was done. */
function valuesOverwritten(history: readonly Op[]): string[] {
  return history.flatMap(({ step, returned }) => {
    const gone = history.some((later) => 'write' in later.step && later.invoked > returned);
    return 'write' in step && gone ? [step.write!] : [];
  });
}

it('says the same as a search through all orders', () => {
  const value = fc.constantFrom('0', '1', '2');
  const few = fc.array(
    fc.record({
      step: fc.oneof(fc.record({ write: value }), fc.record({ read: value })),
      invoked: fc.integer({ min: 0, max: 6 }),
      lasts: fc.constantFrom(0, 1, 2, 4, Infinity),
    }),
    { maxLength: 5 },
  );
  const verdicts = { right: 0, wrong: 0 };
  fc.assert(
    fc.property(few, (drawn) => {
      const history = drawn
        .filter(({ step, lasts }) => 'write' in step || lasts < Infinity)
        .map(({ step, invoked, lasts }): Op => {
          return { step, invoked, returned: invoked + lasts, certain: lasts < Infinity };
        });
      const right = anyOrder(history, '0');
      verdicts[right ? 'right' : 'wrong'] += 1;
      return right === (violation(...history) === undefined);
    }),
    { numRuns: 300 },
  );
  expect(Math.min(verdicts.right, verdicts.wrong)).toBeGreaterThan(20);
});

/** As the definition says it: whoever comes next in the order has not begun behind the end of another one that is left. */
function anyOrder(left: readonly Op[], value: string): boolean {
  if (left.every(({ certain }) => !certain)) return true;
  const firstEnd = Math.min(...left.map(({ returned }) => returned));
  return left.some((op) => {
    if (op.invoked > firstEnd || ('read' in op.step && op.step.read !== value)) return false;
    const others = left.filter((other) => other !== op);
    return anyOrder(others, 'write' in op.step ? op.step.write! : value);
  });
}
