import type { GateView } from '#strangler';
import { figure, number } from './figures.js';
import { line, type Line, type Style } from './line.js';
import { table } from './table.js';

const signs: Readonly<Record<GateView['state'], { text: string; style: Style }>> = {
  pass: { text: '✓ pass', style: 'green' },
  hold: { text: '… hold', style: 'yellow' },
  fail: { text: '✗ fail', style: 'red' },
  'not applicable': { text: '– not applicable', style: 'dim' },
};

const columns = [
  { title: 'GATE' },
  { title: 'VALUE', align: 'right' as const },
  { title: 'LIMIT', align: 'right' as const },
  { title: 'SAMPLES', align: 'right' as const },
  { title: '' },
];

/** The conditions that a step waits for or breaks at. */
export const gateLines = (gates: readonly GateView[]): Line[] =>
  gates.length === 0 ? [] : table(columns, gates.map(row));

const row = ({ name, value, limit, samples, state }: GateView): Line[] => [
  line(name),
  line(figure(value)),
  line(figure(limit)),
  line(number(samples)),
  [signs[state]],
];
