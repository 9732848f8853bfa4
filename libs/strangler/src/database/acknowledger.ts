/** Outbox rows that one transaction has written. */
export interface WrittenRows {
  readonly ids: readonly number[];
  /** The start of the server that it ran on: on another one, a row that is not there was not stored, but lost. */
  readonly start: string;
}

/**
 * Waits until the other side holds what a transaction has written (`ack: both`). It decides itself whether there is
 * anything to wait for.
 */
export interface Acknowledger {
  /** `rows`: those of the module's outbox. @throws {UnconfirmedError} */
  afterCommit(module: string, rows: WrittenRows): Promise<void>;
  /** A command was answered from what an earlier try has stored: that must be on the other side, too. */
  onHit(module: string, commandId: string, keys: readonly string[]): Promise<void>;
}

/** Whether the other side has a write will not be known: it is committed here, if this database is still what it was. */
export class UnconfirmedError extends Error {
  constructor(module: string) {
    super(`whether the other side has a write of ${module} is not known`);
  }
}
