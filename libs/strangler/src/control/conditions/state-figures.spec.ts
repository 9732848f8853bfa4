import type { SideState } from '../../sides/side.js';
import { stateFiguresOf } from './state-figures.js';

const sending = (lagMs: number, pending: number) => ({ outgoing: { lagMs, pending } }) as SideState;

it('the larger lag of both directions, all that is on its way, and the share to a hundredth', () => {
  const states = { monolith: sending(40, 3), extracted: sending(7, 5) };
  expect(stateFiguresOf({ below: 1_234 }, { states })).toEqual({ lagMs: 40, pending: 8, percent: 12.34 });
});

it('of one side what it says; of none nothing is known but the share', () => {
  const monolith = sending(40, 3);
  expect(stateFiguresOf({ below: 0 }, { states: { monolith, extracted: null } })).toMatchObject({
    lagMs: 40,
    pending: 3,
  });
  expect(stateFiguresOf({ below: 100 }, { states: { monolith: null, extracted: null } })).toEqual({
    lagMs: null,
    pending: null,
    percent: 1,
  });
});
