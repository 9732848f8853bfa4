/** Something that has to hold before a process may get requests. */
export interface ReadinessCheck {
  readonly name: string;
  /** Ends well when it holds; throws when not. */
  check(): void | Promise<void>;
}

/** The token of all checks, an array; `ApiModule.forRoot({ readiness })` provides it. */
export const readinessChecks = Symbol('api:readiness');
