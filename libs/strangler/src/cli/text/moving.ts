import type { ModuleStatus } from '../../control/terms/views.js';
import { progressLine } from './bar.js';
import { duration } from './figures.js';
import { gateLines } from './gates.js';
import { joined, line, type Line } from './line.js';
import { phaseLine, wantedText } from './phase.js';
import { indented } from './table.js';

/** Whether something is going on with the module that is worth more than its line. */
export const isMoving = ({
  transition,
  backfill,
  verify,
  phase,
  wanted,
  waitingFor,
}: ModuleStatus): boolean =>
  transition !== null ||
  waitingFor !== null ||
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
    line(leftText(status)),
  ]);
}

/** What is left of the whole way, where it is known. */
export const leftText = ({ etaSeconds }: ModuleStatus): string =>
  etaSeconds === null || etaSeconds === 0 ? '' : `about ${duration(etaSeconds)} left`;

/** Its progress as long as there is any, its gates, and what it waits for. */
export function workLines(status: ModuleStatus): Line[] {
  const { backfill, verify, gates } = status;
  return [
    ...(backfill && backfill.done < backfill.total
      ? [joined([line('backfill'), progressLine(backfill)])]
      : []),
    ...(verify.running ? [joined([line('verify  '), progressLine(verify.running)])] : []),
    ...waitLines(status),
    ...gateLines(gates),
  ];
}

/** What it waits for, and for how long it has; the command that ends the wait stays in one piece. */
function waitLines({ waitingFor, waiting }: ModuleStatus): Line[] {
  if (waitingFor === null) return [];
  const seconds = Math.floor((waiting?.sinceMs ?? 0) / 1_000);
  const command = waiting?.command ?? '';
  const text = waitingFor.endsWith(command)
    ? waitingFor.slice(0, waitingFor.length - command.length)
    : waitingFor;
  return [
    [
      { text: `waiting${seconds > 0 ? ` for ${duration(seconds)}` : ''}: ${text}`, style: 'yellow' },
      ...(text === waitingFor ? [] : [{ text: command, style: 'cyan', whole: true } as const]),
    ],
  ];
}
