import { policies } from '../../routes/phase.js';
import { awaitsVerify, blocking, gatesFor, watchGates, type Gate } from '../conditions/gates.js';
import type { Observed } from '../conditions/observed.js';
import { leadsOut, nextStep, rank, type Goal, type Position, type Step } from '../terms/machine.js';
import type { ModuleRow } from '../store/module-row.js';
import { isOvertaken } from '../conditions/overtaken.js';

/** What the controller does next with a module. */
export type Decision =
  /** A step is under way: it is ended first, whatever else is wanted. */
  | { kind: 'continue' }
  | { kind: 'rest' }
  /** Nothing may begin: paused. */
  | { kind: 'paused' }
  | { kind: 'hold'; step: Step; gates: Gate[] }
  /** All else would pass; the data have to be compared first. */
  | { kind: 'verify'; step: Step; gates: Gate[] }
  | { kind: 'begin'; step: Step; gates: Gate[] }
  /** A gate broke while shifting: back to the last safe phase. */
  | { kind: 'return'; gate: Gate }
  /** A gate broke before the step from which there is no way back. */
  | { kind: 'refuse'; step: Step; gates: Gate[] };

/** Where a module is, by its row and by the monolith's ownership row. */
export function positionOf(
  { module, phase, percent }: ModuleRow,
  ownership: 'by-key' | 'whole',
  below: number,
): Position {
  return { module, ownership, phase, percent, below };
}

/** Where a module is to go. */
export function goalOf({ wanted, settings }: ModuleRow): Goal {
  const direct = wanted.by === 'operator' && policies[wanted.phase].byShare;
  return { phase: wanted.phase, percent: wanted.percent, ramp: settings.ramp, direct };
}

/** Pure: the one next thing to do, from what is stored and what is seen. */
export function decide(row: ModuleRow, at: Position, observed: Observed): Decision {
  if (row.transition) return { kind: 'continue' };
  // Where it is to go was said of another place: an operator decides, by `rejoin`.
  if (isOvertaken(row, at, observed.states)) return { kind: 'rest' };
  const broken = watchGates(at, observed, row.settings).find(({ state }) => state === 'fail');
  if (broken && rank(row.wanted.phase) >= rank(at.phase)) return { kind: 'return', gate: broken };
  const step = nextStep(at, goalOf(row));
  if (!step) return { kind: 'rest' };
  if (row.paused === 'all' || (row.paused === 'up' && leadsOut(at, step))) return { kind: 'paused' };
  const gates = gatesFor(at, step, observed, row.settings);
  return throughGates(step, gates, blocking(gates, row.override?.gates ?? []));
}

function throughGates(step: Step, gates: Gate[], blocked: readonly Gate[]): Decision {
  if (blocked.length === 0) return { kind: 'begin', step, gates };
  if (step.kind === 'decommission' && blocked.some(({ state }) => state === 'fail')) {
    return { kind: 'refuse', step, gates };
  }
  return { kind: awaitsVerify(blocked) ? 'verify' : 'hold', step, gates };
}

/** Of the next step, or of what is watched while it rests. Pure. */
export function gatesNow(row: ModuleRow, at: Position, observed: Observed): Gate[] {
  const step = nextStep(at, goalOf(row));
  return step ? gatesFor(at, step, observed, row.settings) : watchGates(at, observed, row.settings);
}
