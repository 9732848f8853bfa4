/** What the CLI could not do: one clear sentence that says what to do next. */
export class Failure extends Error {
  /** Exit code. */
  readonly exitCode: number = 1;
}

/** What is asked about is not there. */
export class Unknown extends Failure {}

/** The command line, or what it asks for, makes no sense. */
export class Misuse extends Failure {
  override readonly exitCode = 2;
}
