import type { Side } from '../../routes/phase.js';
import type { SideControl, SideState } from '../../sides/side.js';
import type { Step } from '../terms/machine.js';
import type { ModuleRow } from '../store/module-row.js';
import { Standstill } from './standstill.js';

/* Reads go without a check where an owner has said that nothing shifts; so no hand-off begins before all of them know better. */
let now: number;
let rows: Record<Side, { mayShift: number | null; version: number; extractedBelow: number }>;
let standstill: Standstill;
const clock = { now: () => now, saw: () => undefined, sleep: () => Promise.resolve() };

beforeEach(() => {
  now = 0;
  const row = { mayShift: 0, version: 1, extractedBelow: 0 };
  rows = { monolith: { ...row }, extracted: { ...row } };
  standstill = new Standstill(clock);
});

const control = (side: Side) =>
  ({
    mayShift: ({ version, may }: { version: number; may: boolean }) => {
      const row = rows[side];
      if (row.version !== version) return Promise.resolve(false);
      row.version += 1;
      row.mayShift = may ? row.version : null;
      return Promise.resolve(true);
    },
  }) as unknown as SideControl;
const sides = { monolith: control('monolith'), extracted: control('extracted') };
const observed = () => ({
  states: {
    monolith: { ownership: { ...rows.monolith } } as SideState,
    extracted: { ownership: { ...rows.extracted } } as SideState,
  },
});
const in_ = (phase: ModuleRow['phase'], transition = null) => ({ phase, transition }) as ModuleRow;
const handOff: Step = { kind: 'hand-off', below: 500, percent: 5 };
const toShifting: Step = { kind: 'phase', to: 'shifting', percent: 0 };
/** One look of the controller, in the phase. Whether the step may begin, and under which number. */
async function look(phase: ModuleRow['phase'], step: Step = handOff): Promise<[boolean, number | null]> {
  const seen = observed();
  await standstill.keep(in_(phase), seen, sides);
  return [await standstill.lets(step, in_(phase), seen, sides), standstill.numberOf(step, seen)];
}

it.each([
  ['shadow', 'monolith'],
  ['dual-write', 'monolith'],
  ['monolith', 'monolith'],
  ['extracted', 'extracted'],
  ['decommissioned', 'extracted'],
] as const)('in %s the %s says that nothing shifts, and only there', async (phase, owner) => {
  expect(await standstill.keep(in_(phase), observed(), sides)).toBe(true);
  expect(rows[owner].mayShift).toBeNull();
  expect(rows[owner === 'monolith' ? 'extracted' : 'monolith'].mayShift).toBe(0);
  expect(await standstill.keep(in_(phase), observed(), sides)).toBe(false);
});

it('before it shifts the owner says so; two seconds after that was read, a hand-off may begin under its number', async () => {
  await standstill.keep(in_('shadow'), observed(), sides);
  expect(await look('shadow', toShifting)).toEqual([true, null]);
  const number = rows.monolith.mayShift;
  expect(number).not.toBeNull();
  expect(await look('shifting')).toEqual([false, null]);
  now = 1_999;
  expect(await look('shifting')).toEqual([false, null]);
  now = 2_000;
  expect(await look('shifting')).toEqual([true, number]);
});

it('whoever has just begun to lead waits anew, however long it was so', async () => {
  await look('shifting');
  now = 60_000;
  standstill = new Standstill(clock);
  expect(await look('shifting')).toEqual([false, null]);
});

it('a controller of old takes it back: it is said anew, and waited for anew', async () => {
  await look('shifting');
  now = 10_000;
  expect(await look('shifting')).toEqual([true, 0]);
  rows.monolith = { ...rows.monolith, mayShift: null, version: 8 };
  expect(await look('shifting')).toEqual([false, null]);
  now = 11_999;
  expect(await look('shifting')).toEqual([false, null]);
  now = 13_999;
  expect(await look('shifting')).toEqual([true, 9]);
});

it('said anew between two looks, it is waited for anew', async () => {
  await look('shifting');
  now = 10_000;
  rows.monolith = { ...rows.monolith, mayShift: 5, version: 5 };
  expect(await look('shifting')).toEqual([false, null]);
});

it('an owner that does not answer, or has changed since it was looked at, is not moved', async () => {
  const seen = observed();
  rows.monolith.version = 2;
  expect(await standstill.lets(toShifting, in_('shadow'), seen, sides)).toBe(false);
  expect(
    await standstill.lets(toShifting, in_('shadow'), { states: { monolith: null, extracted: null } }, sides),
  ).toBe(false);
});
