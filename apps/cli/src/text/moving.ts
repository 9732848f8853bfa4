import type { ModuleStatus } from '#strangler';
import { progressLine } from './bar.js';
import { duration } from './figures.js';
import { gateLines } from './gates.js';
import { joined, line, type Line } from './line.js';
import { phaseLine, wantedText } from './phase.js';
import { indented } from './table.js';

/** Whether something is going on with the module that is worth more than its line. */
export const isMoving = ({ transition, backfill, verify, phase, wanted }: ModuleStatus): boolean =>
  transition !== null ||
  verify.running !== null ||
  (backfill !== null && backfill.done < backfill.total) ||
  wanted.phase !== phase;

/** What the modules that move are at: one paragraph each. */
export const movingLines = (modules: readonly ModuleStatus[]): Line[] =>
  modules.filter(isMoving).flatMap((status) => [[], headOf(status), ...indented(workLines(status))]);

function headOf(status: ModuleStatus): Line {
  const { module, transition } = status;
  const step =
    transition && `${transition.action}: ${transition.step} for ${duration(transition.sinceMs / 1_000)}`;
  return joined([
    line(module, 'bold'),
    phaseLine(status),
    line(wantedText(status)),
    line(step ?? '', 'cyan'),
  ]);
}

/** Its progress, its gates, and what it waits for. */
export function workLines({ backfill, verify, gates, waitingFor }: ModuleStatus): Line[] {
  return [
    ...(backfill ? [joined([line('backfill'), progressLine(backfill)])] : []),
    ...(verify.running ? [joined([line('verify  '), progressLine(verify.running)])] : []),
    ...(waitingFor === null ? [] : [line(`waiting: ${waitingFor}`, 'yellow')]),
    ...gateLines(gates),
  ];
}
