/**
 * How long records are kept, in ms; `Infinity`: for ever.
 *
 * @example
 * ```ts
 * const retention: Retention = { ...defaultRetention, historyMs: Infinity };
 * ```
 */
export interface Retention {
  /** Results of commands by their ids, and sagas that have ended. Who says a command again later does it anew. */
  readonly resultsMs: number;
  /** Events that all modules have handled: their archive. At least a day shorter than results, by which a second delivery has no second effect. */
  readonly eventsMs: number;
  /** The history of moves, and reports of what was given up. */
  readonly historyMs: number;
  /** Pairs of answers that differed. */
  readonly samplesMs: number;
}

const dayMs = 86_400_000;

/**
 * Results of commands for 30 days, events for 14, history for 400, samples for 7.
 *
 * @example
 * ```ts
 * StranglerModule.forRoot({ side: 'monolith', contracts, retention: { ...defaultRetention, samplesMs: 86_400_000 } });
 * ```
 */
export const defaultRetention: Retention = {
  resultsMs: 30 * dayMs,
  eventsMs: 14 * dayMs,
  historyMs: 400 * dayMs,
  samplesMs: 7 * dayMs,
};

/**
 * A saga waits for a day, and calls under the same ids again: what those have done must not be forgotten before.
 *
 * @example
 * ```ts
 * const fits = ({ resultsMs }: Retention) => resultsMs >= leastResultsMs;
 * ```
 */
export const leastResultsMs = 2 * dayMs;

/**
 * The claim of who has handled an event outlives the event: by a day at least, for pruning may be late.
 *
 * @example
 * ```ts
 * const fits = ({ resultsMs, eventsMs }: Retention) => eventsMs <= longestEventsMs(resultsMs);
 * ```
 */
export const longestEventsMs = (resultsMs: number): number => resultsMs - dayMs;

/**
 * How long it is remembered that a command was taken back, in ms: for at least as long again as its result would have been, since it
 * may be taken back at the end of that time, and come after it.
 */
export const tombstonesMs = ({ resultsMs }: Retention): number => 2 * resultsMs;
