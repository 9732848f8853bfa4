import { standing } from '../../../../../test/support/standing.js';
import type { GateView } from '../../control/terms/views.js';
import { moduleGauges } from './module-gauges.js';

it('each module has its phase, its share, whether it waits, and the state of each gate', async () => {
  const gate = {
    value: null,
    limit: 0,
    samples: 0,
    probes: 0,
    customers: 0,
    needed: 0,
    confidence: null,
    why: null,
  };
  const gates: GateView[] = [
    { ...gate, name: 'lag', state: 'pass' },
    { ...gate, name: 'errors', state: 'hold' },
  ];
  const modules = [standing('stock', { phase: 'shifting', percent: 25, waitingFor: 'more calls', gates })];
  const read = await moduleGauges({ modules: () => Promise.resolve(modules) }).read();
  const module = 'stock';
  expect(read).toEqual({
    strangler_phase: [{ labels: { module, phase: 'shifting' }, value: 1 }],
    strangler_extracted_ratio: [{ labels: { module }, value: 0.25 }],
    strangler_waiting: [{ labels: { module }, value: 1 }],
    strangler_gate: [
      { labels: { module, gate: 'lag', state: 'pass' }, value: 1 },
      { labels: { module, gate: 'errors', state: 'hold' }, value: 1 },
    ],
  });
});
