import type { Subject } from '../conditions/advice.js';
import { figuresOfGate, gateSentence, speaking, type Gate } from '../conditions/gates.js';
import type { NewEntry } from '../store/history.js';
import type { ModuleRow, RowChange } from '../store/module-row.js';

interface Setback {
  change: RowChange;
  entry: NewEntry;
}

const figuresOf = (gate: Gate): Record<string, unknown> => ({ gate: gate.name, ...figuresOfGate(gate) });

/** A gate broke while shifting: the module goes back to `shadow`, and does not start again by itself. */
export function returned(row: ModuleRow, gate: Gate, subject: Subject, now: number): Setback {
  const { module, phase, wanted } = row;
  const reason = gateSentence(gate, subject);
  return {
    change: {
      wanted: { ...wanted, phase: 'shadow', percent: null, actor: 'autopilot', since: now },
      paused: 'up',
      pauseReason: `returned by itself: ${reason}`,
      override: null,
    },
    entry: {
      module,
      actor: 'autopilot',
      action: 'return',
      from: phase,
      to: 'shadow',
      outcome: 'noted',
      reason,
      figures: figuresOf(gate),
    },
  };
}

/** A gate broke before the step from which there is no way back: the module stays `extracted`. */
export function refusedLast(row: ModuleRow, gates: readonly Gate[], subject: Subject, now: number): Setback {
  const { module, phase, wanted } = row;
  const gate = speaking(gates);
  return {
    change: { wanted: { ...wanted, phase: 'extracted', percent: null, since: now } },
    entry: {
      module,
      actor: wanted.actor,
      action: 'decommission',
      from: phase,
      to: phase,
      outcome: 'refused',
      reason: gate ? gateSentence(gate, subject) : null,
      figures: gate ? figuresOf(gate) : {},
    },
  };
}
