import type { ModuleStatus } from '../../control/terms/views.js';
import { policies, type Phase } from '../../routes/phase.js';
import { line, type Line, type Style } from './line.js';

const styles: Readonly<Record<Phase, Style>> = {
  monolith: 'dim',
  'dual-write': 'yellow',
  shadow: 'yellow',
  shifting: 'cyan',
  extracted: 'green',
  decommissioned: 'green',
};

/** The phase; with the share of the keys, or only of the reads, that is on its way. */
export function phaseLine({ phase, percent, readsPercent = 0 }: ModuleStatus): Line {
  const share = isPart(percent) ? ` ${shareOf(percent)}` : '';
  const reads = share === '' && isPart(readsPercent) ? `, reads ${shareOf(readsPercent)}` : '';
  return line(phase + share + reads, styles[phase]);
}

const isPart = (percent: number): boolean => percent > 0 && percent < 100;

const shareOf = (percent: number): string =>
  `${percent.toLocaleString('en-GB', { maximumFractionDigits: 1 })} %`;

/** Where it is to go, if it is not there: `→ extracted (strangler.yaml)`. */
export function wantedText({ phase, percent, wanted }: ModuleStatus): string {
  const there = wanted.phase === phase && (wanted.percent === null || wanted.percent === percent);
  if (there) return '';
  const share =
    wanted.percent === null || !policies[wanted.phase].byShare ? '' : ` ${shareOf(wanted.percent)}`;
  return `→ ${wanted.phase}${share}`;
}
