/**
 * What the CLI could not do: one clear sentence that says what to do next.
 *
 * @example
 * ```ts
 * const refuse = (module: string) => {
 *   throw new Failure(`${module} has no contract: give it one first`);
 * };
 * ```
 */
export class Failure extends Error {
  /** Exit code. */
  readonly exitCode: number = 1;
}

/** What is asked about is not there. */
export class Unknown extends Failure {}

/**
 * The command line, or what it asks for, makes no sense.
 *
 * @example
 * ```ts
 * const percentOf = (text: string) => {
 *   if (!/^[0-9]+$/.test(text)) throw new Misuse(`${text} is no share in percent`);
 *   return Number(text);
 * };
 * ```
 */
export class Misuse extends Failure {
  override readonly exitCode = 2;
}
