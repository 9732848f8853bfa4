/** What a demo can show, from its beginning to its account. */
export interface Scene {
  /** Runs it; undefined when it was stopped on the way. `text`: the account; `faults`: all that must not be. */
  run(): Promise<{ text: string; faults: readonly string[] } | undefined>;
  /** Where things are, in one sentence. */
  readonly standing: string;
}
