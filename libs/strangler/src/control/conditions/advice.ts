import type { ModuleRow } from '../store/module-row.js';

/**
 * How what a sentence advises is typed here: the toolkit does not know the application's command lines.
 *
 * @example
 * ```ts
 * const advice: Advice = {
 *   cli: 'npx strangler',
 *   start: (module) => `MODULE=${module} node dist/service.js`,
 *   nats: 'start the NATS server',
 * };
 * ```
 */
export interface Advice {
  /** What stands before a verb of the operator's command line, such as `npm run strangler --`. */
  cli: string;
  /** The command that starts the service of a module; null: nobody has said it, so that it is told in words. */
  start: (module: string) => string | null;
  /** What to do when NATS does not answer, in words. */
  nats: string;
}

/** The advice of an application that says nothing of its command lines. */
export const plainAdvice: Advice = { cli: 'strangler', start: () => null, nats: 'start the NATS server' };

/** Of what a sentence speaks. */
export interface Subject {
  module: string;
  /** The file steers it, so that what moves a module by hand is refused. */
  held: boolean;
  advice: Advice;
}

export const subjectOf = (
  { module, filed }: Pick<ModuleRow, 'module' | 'filed'>,
  advice: Advice,
): Subject => ({
  module,
  held: filed !== null,
  advice,
});

/** What the file refuses to an operator who does not change its line. */
const writes: ReadonlySet<string> = new Set(['run', 'shift', 'rollback']);

/**
 * A command of the operator's as a sentence names it: every sentence takes it from here, and a test follows each of them.
 * What moves a module that the file steers is asked for with `--write`.
 */
export const typed = ({ advice, module, held }: Subject, verb: string, flags = ''): string =>
  [advice.cli, verb, module, flags, held && writes.has(verb) ? '--write' : ''].filter(Boolean).join(' ');
