import type { ModuleStatus } from '../../control/terms/views.js';
import { bar, counting } from './bar.js';
import { duration, milliseconds, number, percent as percentText, share } from './figures.js';
import { joined, line, type Line } from './line.js';
import { phaseLine, wantedText } from './phase.js';
import { table, type TextColumn } from './table.js';

interface Cell extends TextColumn {
  /** Terminals narrower than this do without it, in columns: what a module waits for matters more. */
  from?: number;
  of(status: ModuleStatus): Line;
}

const cells: readonly Cell[] = [
  { title: 'MODULE', of: ({ module }) => line(module, 'bold') },
  { title: 'PHASE', min: 13, of: phaseLine },
  { title: 'HEALTH', from: 50, of: healthLine },
  { title: 'EXTRACTED', from: 90, of: ({ percent }) => bar(percent / 100, 10, 'green') },
  { title: 'LAG', align: 'right', min: 8, from: 60, of: ({ lagMs }) => line(milliseconds(lagMs)) },
  { title: 'PENDING', align: 'right', from: 75, of: (status) => line(number(pendingOf(status))) },
  {
    title: '',
    of: (status) => joined([...marks(status), doing(status), line(wantedText(status))]),
  },
];

/** What a module waits for: where there is no end to a line. A terminal gets it below, in full. */
const waits: Cell = { title: '', of: ({ waitingFor }) => line(waitingFor ?? '', 'dim') };

/** Where all modules stand, one line each; for so many columns. */
export function overview(modules: readonly ModuleStatus[], width = Infinity): Line[] {
  const shown = [...cells, ...(width === Infinity ? [waits] : [])].filter(({ from = 0 }) => width >= from);
  return table(
    shown,
    modules.map((status) => shown.map((cell) => cell.of(status))),
  );
}

/** Rows on their way, in both directions. */
const pendingOf = ({ sides }: ModuleStatus): number => sum(sides, 'pending');

function sum(sides: ModuleStatus['sides'], field: 'pending' | 'quarantined'): number {
  return (sides.monolith?.[field] ?? 0) + (sides.extracted?.[field] ?? 0);
}

const healthStyles = { up: 'green', degraded: 'yellow', down: 'red' } as const;

function healthLine({ health }: ModuleStatus): Line {
  return line(health, healthStyles[health]);
}

/** What an operator must not overlook. */
function marks({ degraded, paused, sides, verify, shadow }: ModuleStatus): Line[] {
  const quarantined = sum(sides, 'quarantined');
  return [
    line(degraded ? 'DEGRADED' : '', 'red'),
    line(paused ? 'PAUSED' : '', 'yellow'),
    line(quarantined > 0 ? `${number(quarantined)} quarantined` : '', 'red'),
    line(verify.differences > 0 ? counted(verify.differences, 'difference') : '', 'red'),
    line(shadow.mismatches > 0 ? counted(shadow.mismatches, 'mismatch', 'mismatches') : '', 'yellow'),
    ...Object.entries(sides).map(([side, view]) =>
      line(view && view.health !== 'up' ? `${side}: ${view.health}` : '', 'red'),
    ),
  ];
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${number(count)} ${count === 1 ? one : many}`;

/** What it does at this moment, short. */
function doing({ backfill, verify, transition }: ModuleStatus): Line {
  if (verify.running) return work('verify', verify.running);
  if (backfill && backfill.done < backfill.total) return work('backfill', backfill);
  if (!transition) return [];
  return line(`${transition.action}: ${transition.step} (${duration(transition.sinceMs / 1_000)})`, 'cyan');
}

function work(name: string, of: { done: number; total: number; etaSeconds: number | null }): Line {
  if (of.total === 0) return [{ text: `${name}: ${counting}` }];
  const part = share(of.done, of.total);
  const eta = of.etaSeconds === null ? '' : `, ${duration(of.etaSeconds)} left`;
  return [{ text: `${name} ` }, ...bar(part, 8, 'cyan'), { text: ` ${percentText(part)}${eta}` }];
}
