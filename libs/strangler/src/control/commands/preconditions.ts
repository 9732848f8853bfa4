import { policies } from '../../routes/phase.js';
import { subjectOf, typed } from '../conditions/advice.js';
import { RefusedError } from '../terms/refused.js';
import type { CommandContext } from './command.js';
/** @throws {RefusedError} when the file steers the module; `command` is what was asked for, as the CLI takes it. */
export function requireUnheld(
  { row: { module }, held, free, advice }: CommandContext,
  command: string,
): void {
  if (held && !free) {
    throw new RefusedError(
      `${module} is steered by ${held}; change it there, or from here with: ${advice.cli} ${command} --write`,
    );
  }
}

/** @throws {RefusedError} when the module has been decommissioned: nothing moves it any more. */
export function requireAlive({ row: { module, phase } }: CommandContext): void {
  if (policies[phase].ended) {
    throw new RefusedError(`${module} is decommissioned: there is no copy in the monolith to go back to`);
  }
}

/** @throws {RefusedError} unless the module is in one of the phases that hold a full copy. */
export function requireCopy({ row, advice }: CommandContext, verb: string): void {
  const { module, phase } = row;
  if (!policies[phase].copied) {
    throw new RefusedError(
      `${verb} needs a full copy, and ${module} is in phase ${phase}; run it to shadow first: ${typed(subjectOf(row, advice), 'run')}`,
    );
  }
}

/** @throws {RefusedError} while a step is under way. */
export function requireIdle({ row, advice }: CommandContext): void {
  const { module, transition } = row;
  if (!transition) return;
  const { kind } = transition.step;
  const back = abortable.has(kind) ? `, or take it back: ${typed(subjectOf(row, advice), 'abort')}` : '';
  throw new RefusedError(`${module} is in the middle of a step (${kind}); wait for its end${back}`);
}

/** The steps that can be taken back once they are begun. */
export const abortable: ReadonlySet<string> = new Set(['hand-off', 'capture']);
