import type { SideControl } from '../../sides/side.js';
import type { ModuleRow } from '../store/module-row.js';
import type { VerificationStore } from '../store/verification-store.js';
import type { ControlNeeds } from './needs.js';
import { Observer } from './observe.js';

const never = (): Promise<never> => new Promise(() => undefined);
const row = { module: 'shelf', phase: 'shifting' } as ModuleRow;

it('a side that hangs is told to be silent, however fast the clock of the controller is', async () => {
  const side = { state: never } as unknown as SideControl;
  const needs = { sides: () => ({ monolith: side, extracted: side }) } as unknown as ControlNeeds;
  // By it no time passes, and whoever sleeps by it never wakes.
  const clock = { now: () => 0, saw: () => undefined, sleep: never };
  const { states, absent } = await new Observer(needs, {} as VerificationStore, clock).sides(row);
  expect(states).toEqual({ monolith: null, extracted: null });
  expect(absent?.extracted).toEqual({ kind: 'silent', detail: 'no answer in 2 s' });
});
