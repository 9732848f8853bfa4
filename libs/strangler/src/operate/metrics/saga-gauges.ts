import type { Agents } from '../../sides/agents.js';
import type { GaugeSet } from './gauges.js';

/** Sagas that stand where this process knows no step. */
export const sagaGauges = (agents: Pick<Agents, 'strandedSagas'>): GaugeSet => ({
  gauges: {
    strangler_stranded_sagas: {
      help: 'Sagas that are due and stand where this process knows no step; above 0 while no process of its release runs',
      labels: ['module'],
    },
  },
  read: async () => ({
    strangler_stranded_sagas: [...(await agents.strandedSagas())].map(([module, value]) => ({
      labels: { module },
      value,
    })),
  }),
});
