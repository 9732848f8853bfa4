import { admissions } from '../../database/admission.js';
import type { NatsLink } from '../../nats/link.js';
import type { GaugeSet, Reading } from './gauges.js';

/** What the toolkit does in this process just now: work that is let in or waits for its turn, and the connection to NATS. */
export const processGauges = (link: Pick<NatsLink, 'current'>): GaugeSet => ({
  gauges: {
    strangler_admission_running: { help: 'Work under way, of a kind that is bounded', labels: ['work'] },
    strangler_admission_most_running: {
      help: 'The most of it that has been under way at a time since the start',
      labels: ['work'],
    },
    strangler_admission_waiting: { help: 'Work that waits for its turn', labels: ['work'] },
    strangler_admission_refused: {
      help: 'Work refused since the start, because too much waited',
      labels: ['work'],
    },
    strangler_nats_connected: { help: '1: there is a connection to NATS', labels: [] },
  },
  read: async () => {
    const figures = Object.entries(admissions());
    const of = (name: 'running' | 'mostRunning' | 'waiting' | 'refused'): Reading[] =>
      figures.map(([work, each]) => ({ labels: { work }, value: each[name] }));
    return {
      strangler_admission_running: of('running'),
      strangler_admission_most_running: of('mostRunning'),
      strangler_admission_waiting: of('waiting'),
      strangler_admission_refused: of('refused'),
      strangler_nats_connected: [{ value: link.current ? 1 : 0 }],
    };
  },
});
