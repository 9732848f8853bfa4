import type { Operator } from '../../control/commands/operator.js';
import type { ModuleStatus } from '../../control/terms/views.js';
import type { GaugeSet, Reading } from './gauges.js';

/** Where the modules stand, as the operator sees them. Of a set of states the one that holds has the value 1. */
export const moduleGauges = (operator: Pick<Operator, 'modules'>): GaugeSet => ({
  gauges: {
    strangler_phase: { help: '1: the phase in which the module is', labels: ['module', 'phase'] },
    strangler_extracted_ratio: {
      help: 'Share of the keys that belong to the extracted side, 0 to 1',
      labels: ['module'],
    },
    strangler_waiting: { help: '1: the module waits for something on its way', labels: ['module'] },
    strangler_gate: { help: '1: the state of the gate', labels: ['module', 'gate', 'state'] },
  },
  read: async () => readingsOf(await operator.modules()),
});

function readingsOf(modules: readonly ModuleStatus[]): Record<string, Reading[]> {
  return {
    strangler_phase: modules.map(({ module, phase }) => ({ labels: { module, phase }, value: 1 })),
    strangler_extracted_ratio: modules.map(({ module, percent }) => ({
      labels: { module },
      value: percent / 100,
    })),
    strangler_waiting: modules.map(({ module, waitingFor }) => ({
      labels: { module },
      value: waitingFor === null ? 0 : 1,
    })),
    strangler_gate: modules.flatMap(({ module, gates }) =>
      gates.map(({ name, state }) => ({ labels: { module, gate: name, state }, value: 1 })),
    ),
  };
}
