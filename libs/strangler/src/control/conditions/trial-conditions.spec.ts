import { noComparisons } from '../../evidence/evidence.js';
import type { StrayOrigin } from '../../engine/ownership/strays.js';
import { plainAdvice } from './advice.js';
import { defaultSettings } from '../config/settings.js';
import { diagnose } from '../doctor/doctor.js';
import type { Position, Step } from '../terms/machine.js';
import { about } from '../patient.fixture.js';
import { blocking, gateSentence, gatesFor } from './gates.js';

/* Before a hand-off: nobody writes past the port, and the commands that were tried run on the new side. */

const settings = { ...defaultSettings, bakeMs: 30_000, rehearse: 0.5 };
const subject = { module: 'toy', held: false, advice: plainAdvice };
const at = (phase: Position['phase'], change: Partial<Position> = {}): Position => ({
  ...{ module: 'toy', ownership: 'by-key', phase, percent: 0, below: 0 },
  ...change,
});
const stray = (change: Partial<StrayOrigin> = {}): StrayOrigin => ({
  ...{ table: 'thing', sql: 'update thing set note = ?', role: 'reports', address: '10.0.0.7' },
  ...{ application: '', count: 12, firstMs: 60_000, lastMs: 3_000 },
  ...change,
});
const handOff: Step = { kind: 'hand-off', below: 100, percent: 1 };
const all: Step = { kind: 'hand-off', below: 10_000, percent: 100 };
const toShifting: Step = { kind: 'phase', to: 'shifting', percent: 0 };
const reads: Step = { kind: 'reads', percent: 5 };

/** What both sides have seen: strays on the monolith (or the side that is named), and rehearsals. */
function seen({
  strays = [] as StrayOrigin[],
  on = 'monolith' as 'monolith' | 'extracted',
  ran = 0,
  failed = 0,
}) {
  const patient = about({ provenBy: 'peer' }, { provenBy: 'peer' });
  const { observed } = patient;
  Object.assign(observed.states[on]!, { strays });
  Object.assign(observed.evidence, {
    rehearsal: { ...noComparisons, compared: ran, mismatches: failed },
    ageMs: 60_000,
  });
  return patient;
}
const gateOf = (name: string, where: Position, step: Step, patient = seen({}), wanted = settings) =>
  gatesFor(where, step, patient.observed, wanted).find((gate) => gate.name === name);

describe('strays', () => {
  const of = (strays: StrayOrigin[], step: Step = handOff, where = at('shifting')) =>
    gateOf('strays', where, step, seen({ strays }));

  it('hold a hand-off until there was none for one bake, and say who', () => {
    expect(of([])).toMatchObject({ state: 'pass' });
    expect(of([stray({ lastMs: 30_000 })])).toMatchObject({ state: 'pass' });
    const held = of([stray(), stray({ lastMs: 9_000 })])!;
    expect(held).toMatchObject({ state: 'hold', value: 3_000, limit: 30_000 });
    expect(gateSentence(held, subject)).toContain('30 s without a write past the port of toy');
    expect(gateSentence(held, subject)).toContain(
      '12 writes by the role reports from 10.0.0.7: update thing set note = ?; last 3 s ago',
    );
  });

  it('never fail, and an operator may pass them', () => {
    const held = of([stray({ lastMs: 0 })])!;
    expect(blocking([held], [])).toEqual([held]);
    expect(blocking([held], ['strays'])).toEqual([]);
  });

  it('hold nothing that gives no keys away', () => {
    expect(of([stray()], toShifting, at('shadow'))).toBeUndefined();
    expect(of([stray()], reads, at('shifting', { ownership: 'whole' }))).toBeUndefined();
    const back: Step = { kind: 'hand-off', below: 0, percent: 0 };
    expect(of([stray()], back, at('shifting', { below: 100, percent: 1 }))).toBeUndefined();
    expect(
      gateOf('strays', at('shifting'), handOff, seen({ strays: [stray()], on: 'extracted' })),
    ).toMatchObject({
      state: 'pass',
    });
  });

  it('hold what is owned as a whole, too', () => {
    expect(of([stray()], all, at('shifting', { ownership: 'whole', percent: 50 }))).toMatchObject({
      state: 'hold',
    });
  });

  it('are told by doctor, on both sides, while the module moves', () => {
    const told = (patient: ReturnType<typeof seen>) =>
      diagnose(patient)
        .map(({ problem }) => problem)
        .filter((problem) => problem.includes('past the port'));
    expect(told(seen({ strays: [stray({ address: '', application: 'night job', count: 1 })] }))).toEqual([
      "writes on monolith went past the port of toy: 1 write by the role reports from the server's own machine (night job): update thing set note = ?; last 3 s ago",
    ]);
    expect(told(seen({ strays: [stray({ sql: '' })], on: 'extracted' }))).toEqual([
      'writes on extracted went past the port of toy: 12 writes of many origins; last 3 s ago',
    ]);
    expect(told(seen({ strays: [stray({ lastMs: 90_000_000 })] }))).toEqual([]);
    expect(told(seen({ strays: Array.from({ length: 9 }, () => stray()) }))).toHaveLength(5);
  });
});

describe('rehearsals', () => {
  const whole = at('shifting', { ownership: 'whole', percent: 50 });

  it.each<[string, { ran: number; failed?: number }, string]>([
    ['of none nothing is known', { ran: 0 }, 'hold'],
    ['too few prove nothing', { ran: 320 }, 'hold'],
    ['enough without a fault pass', { ran: 321 }, 'pass'],
    ['more faults than the error rate allows fail', { ran: 321, failed: 20 }, 'fail'],
  ])('%s', (_what, rehearsals, state) => {
    for (const [where, step] of [
      [at('shadow'), toShifting],
      [at('shadow', { ownership: 'whole' }), toShifting],
      [whole, all],
    ] as const)
      expect(gateOf('rehearsal', where, step, seen(rehearsals))).toMatchObject({ state });
  });

  it('that nobody has asked for hold nothing', () => {
    expect(gateOf('rehearsal', whole, all, seen({}), defaultSettings)).toBeUndefined();
  });

  it('are not asked again before a share of the keys, nor before reads', () => {
    expect(gateOf('rehearsal', at('shifting'), handOff)).toBeUndefined();
    expect(gateOf('rehearsal', whole, reads)).toBeUndefined();
  });

  it('that fail are said so', () => {
    const failed = gateOf('rehearsal', whole, all, seen({ ran: 100, failed: 50 }))!;
    expect(gateSentence(failed, subject)).toContain('50 % of the rehearsed commands fail on the new side');
  });
});
