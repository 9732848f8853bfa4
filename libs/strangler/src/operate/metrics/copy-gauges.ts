import type { Copies } from '../../calls/copies/copies.js';
import type { GaugeSet } from './gauges.js';

/** Whether this process, as one of several copies, takes calls over NATS just now. */
export const copyGauges = (copies: Pick<Copies, 'reports'>): GaugeSet => ({
  gauges: {
    strangler_copy_out: {
      help: '1: this copy takes no calls of the module for a while, because others do better',
      labels: ['module'],
    },
  },
  read: async () => ({
    strangler_copy_out: copies
      .reports()
      .map(({ module, state }) => ({ labels: { module }, value: state === 'out' ? 1 : 0 })),
  }),
});
