import { inventory } from '#contracts';
import { prepare, type PreparedOperation } from '#strangler/contract/operation';
import type { Side } from '#strangler/routes/phase';
import type { SideControl } from '#strangler/sides/side';
import type { ProbeOrder } from '#strangler/control/reconcile/needs';
import { until } from '../support/until.js';
import { Prober, type ProberParts } from '#strangler/control/reconcile/prober';

/*
 * What would go wrong: customers feel the questions, or a restart of the service is counted as its fault, or the process cannot end.
 */
const operations = [...prepare(inventory).values()].filter(({ kind }) => kind === 'query');
const askable = operations.filter(({ probe }) => probe);
const warmUps = 8;
const mostOfOrder = 128;
const measure = (count: number, below = 0): ProbeOrder => ({ how: 'measure', count, below });

/** A module of which `keys` tells the rows; what is asked and counted is written down. */
function moduleWith(
  change: Partial<ProberParts> = {},
  keys: Partial<Record<Side, string[]>> = { monolith: ['A', 'B'] },
) {
  const asked: { side: Side; input: unknown }[] = [];
  const counted: Record<Side, boolean[]> = { monolith: [], extracted: [] };
  const sampled: Side[] = [];
  let flushes = 0;
  let flushed: () => void = () => undefined;
  const side = (name: Side) =>
    ({
      sampleKeys: async () => (sampled.push(name), keys[name] ?? []),
    }) as Partial<SideControl> as SideControl;
  const parts: ProberParts = {
    module: 'inventory',
    operations,
    sides: () => ({ monolith: side('monolith'), extracted: side('extracted') }),
    ask: async (_operation: PreparedOperation, name, input) => void asked.push({ side: name, input }),
    compare: async () => undefined,
    record: (name, _ms, failed) => counted[name].push(failed),
    halted: () => false,
    flush: async () => {
      flushes++;
      flushed();
    },
    ...change,
  };
  const prober = new Prober(parts);
  /** Carries out an order to its end. */
  const done = async (order: ProbeOrder) => {
    const ended = new Promise<void>((resolve) => (flushed = resolve));
    prober.order(order);
    await ended;
    // The order is over only after what was counted is written down.
    await new Promise(setImmediate);
  };
  return { prober, done, asked, counted, sampled, flushes: () => flushes };
}

it('asks both sides of every key in turn, and counts all but the first of a step', async () => {
  const { done, asked, counted, flushes } = moduleWith();
  await done(measure(20));
  expect(asked.filter(({ side }) => side === 'monolith')).toHaveLength(20);
  expect(asked.filter(({ side }) => side === 'extracted')).toHaveLength(20);
  const inputs = new Set(asked.map(({ input }) => JSON.stringify(input)));
  expect(inputs).toEqual(
    new Set(askable.flatMap(({ probe }) => ['A', 'B'].map((key) => JSON.stringify(probe?.(key))))),
  );
  expect(counted).toEqual({
    monolith: Array(20 - warmUps).fill(false),
    extracted: Array(20 - warmUps).fill(false),
  });
  expect(flushes()).toBe(1);
});

it('compares where it is told to, and measures nothing then', async () => {
  const compared: unknown[] = [];
  const { done, asked } = moduleWith({ compare: async (_operation, input) => void compared.push(input) });
  await done({ how: 'compare', count: 5, below: 0 });
  expect(compared).toHaveLength(5);
  expect(asked).toEqual([]);
});

it('what a side does not answer is an error of that side; what it refuses by its contract shows nothing', async () => {
  const { done, counted } = moduleWith({
    ask: async (_operation, side) => {
      throw Object.assign(new Error('no'), { code: side === 'extracted' ? 'unavailable' : 'not_found' });
    },
  });
  await done(measure(warmUps + 3));
  expect(counted).toEqual({ monolith: [], extracted: [true, true, true] });
});

it('four questions at once, one each 8 ms, and 128 of one order', async () => {
  let [now, most] = [0, 0];
  const began = performance.now();
  const { done, counted } = moduleWith({
    ask: async (_operation, side) => {
      if (side === 'monolith') return;
      most = Math.max(most, ++now);
      await until('four are under way', () => (most >= 4 ? true : undefined));
      now--;
    },
  });
  await done(measure(10_000));
  expect(counted.extracted).toHaveLength(mostOfOrder - warmUps);
  expect(most).toBe(4);
  // Never sooner, however fast the machine is.
  expect(performance.now() - began).toBeGreaterThanOrEqual((mostOfOrder - 1) * 8);
});

it('while a side is behind nothing is asked, and an order under way ends', async () => {
  let behind = true;
  const { done, asked } = moduleWith({ halted: () => behind });
  await done(measure(50));
  expect(asked).toEqual([]);

  behind = false;
  const later = moduleWith({ halted: () => later.asked.length >= 20 });
  await later.done(measure(50));
  // Those who are asking already finish.
  expect(later.asked.length).toBeLessThanOrEqual(20 + 2 * 4);
  await done(measure(50));
  expect(asked).toHaveLength(100);
});

it('one order at a time', async () => {
  const { prober, done, asked } = moduleWith();
  const first = done(measure(10));
  prober.order(measure(90));
  await first;
  expect(asked).toHaveLength(20);
});

it('stops in the middle of an order, and takes none after that', async () => {
  const { prober, asked } = moduleWith();
  prober.order(measure(100));
  await prober.stop();
  const until = asked.length;
  expect(until).toBeLessThan(100);
  prober.order(measure(100));
  await prober.stop();
  expect(asked).toHaveLength(until);
});

describe('keys', () => {
  const real = performance.now.bind(performance);
  let later = 0;
  beforeEach(() => {
    later = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => real() + later);
  });
  afterEach(() => jest.restoreAllMocks());

  it('are of the rows of their owners, of both in turn', async () => {
    const { done, asked, sampled } = moduleWith({}, { monolith: ['A', 'B', 'C'], extracted: ['Z'] });
    await done(measure(8, 5_000));
    expect(sampled.sort()).toEqual(['extracted', 'monolith']);
    const text = JSON.stringify(asked);
    for (const key of ['A', 'B', 'C', 'Z']) expect(text).toContain(`"${key}"`);
  });

  it('are sampled anew after ten seconds, and at the next share', async () => {
    const { done, sampled } = moduleWith({}, { monolith: ['A'], extracted: ['Z'] });
    await done(measure(1));
    later = 9_000;
    await done(measure(1));
    expect(sampled).toEqual(['monolith']);
    later = 11_000;
    await done(measure(1));
    expect(sampled).toEqual(['monolith', 'monolith']);
    await done(measure(1, 10_000));
    expect(sampled).toEqual(['monolith', 'monolith', 'extracted']);
  });

  it('none: nothing is asked, and it is looked again after two seconds', async () => {
    const rows: string[] = [];
    const { prober, done, asked, sampled } = moduleWith({}, { monolith: rows });
    expect(prober.probing.able).toBe('not known yet');
    prober.order(measure(1));
    await until('it is known', () => (prober.probing.able === 'no rows' ? true : undefined));
    rows.push('A');
    later = 3_000;
    await done(measure(1));
    expect(sampled).toEqual(['monolith', 'monolith']);
    expect(asked).toHaveLength(2);
    expect(prober.probing.able).toBe('yes');
  });
});

it('without a query that can be asked by itself it says so, and asks nothing', async () => {
  const { prober, sampled } = moduleWith({ operations: [] });
  prober.order(measure(5));
  await prober.stop();
  expect(sampled).toEqual([]);
  expect(prober.probing).toEqual({ able: 'no query', queries: false, anyReads: false });
});
