/**
 * Waits until the other side holds what a transaction has written (`ack: both`). It decides itself whether there is
 * anything to wait for; it never throws, for the transaction has been committed.
 */
export interface Acknowledger {
  /** `ids`: the rows of the module's outbox that the transaction has written. */
  afterCommit(module: string, ids: readonly number[]): Promise<void>;
  /** A command was answered from what an earlier try has stored: that must be on the other side, too. */
  onHit(module: string, commandId: string, keys: readonly string[]): Promise<void>;
}
