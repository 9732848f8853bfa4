import type { GateView } from '../../control/terms/views.js';
import { duration, figure, milliseconds, number } from './figures.js';
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
  { title: 'SAMPLES' },
  { title: '' },
];

/** The conditions that a step waits for or breaks at. */
export const gateLines = (gates: readonly GateView[]): Line[] =>
  gates.length === 0 ? [] : table(columns, gates.map(row));

const row = (gate: GateView): Line[] => [
  line(gate.name),
  line(valueText(gate.name, gate.value)),
  line(valueText(gate.name, gate.limit)),
  line(samplesText(gate)),
  verdict(gate),
];

const shares = new Set(['shadow mismatches', 'error rate']);
const times = new Set(['lag', 'bake']);

/** What a gate measures, as people say it. */
export function valueText(name: string, value: number | null): string {
  if (value === null) return figure(value);
  if (shares.has(name)) return `${figure(value * 100)} %`;
  return times.has(name) ? milliseconds(value) : figure(value);
}

/** What there is of what is needed; nothing for a gate that takes no samples. */
export function samplesText({ samples, needed, probes, customers }: GateView): string {
  if (needed <= 1 && probes + customers === 0) return '';
  const whose = probes > 0 ? ` (${number(probes)} probes, ${number(customers)} of customers)` : '';
  return `${number(samples)} of ${number(needed)}${whose}`;
}

function verdict(gate: GateView): Line {
  const { style } = signs[gate.state];
  return line(verdictText(gate, true), isUnmeasured(gate) ? 'dim' : style);
}

/** A gate that has measured nothing, and need not, has not found anything good either. */
const isUnmeasured = ({ state, value, needed }: GateView): boolean =>
  state === 'pass' && value === null && needed === 0;

/** What a gate says, and why or how surely. `withAge`: and since when. */
export function verdictText(gate: GateView, withAge = false): string {
  if (isUnmeasured(gate)) return '– not measured';
  const { state, why, confidence, sinceMs } = gate;
  const age = withAge && sinceMs !== undefined ? ` for ${duration(sinceMs / 1_000)}` : '';
  const more = why ?? (confidence === null ? '' : `at ${figure(confidence * 100)} % confidence`);
  return signs[state].text + age + (more === '' ? '' : `: ${more}`);
}
