import type { Side } from '../routes/phase.js';
import { emptyHistogram, percentile, type Histogram } from './histogram.js';

/** Who has asked: the controller itself, or a caller. They are counted apart, and never pooled. */
export const origins = ['probe', 'customer'] as const;
export type Origin = (typeof origins)[number];

/** For each of both. */
export type ByOrigin<T> = Readonly<Record<Origin, T>>;

/**
 * The calls of one population to one side.
 *
 * @internal
 */
export interface Calls {
  calls: number;
  /** Calls that ended with `internal`, or that a side did not answer; a refusal that the contract declares is none. */
  errors: number;
  latency: Histogram;
}

/**
 * Answers of both sides that were to be compared; or commands that were to be rehearsed, and those that failed.
 *
 * @internal
 */
export interface Comparisons {
  compared: number;
  mismatches: number;
  /** Could not be compared: a side was not there, too slow, or known to be behind. */
  unavailable: number;
}

/** What can be asked of a module without a caller. */
export interface Probing {
  able: 'yes' | 'no query' | 'no rows' | 'not known yet';
  /** Whether the contract has a query at all, and one that any copy may answer. */
  queries: boolean;
  anyReads: boolean;
}

/** What has been seen of both sides since the present step began, at most of the last hour, and not from before an outage. */
export interface Evidence {
  /** How long it has been gathered, in ms. */
  ageMs: number;
  calls: ByOrigin<Readonly<Record<Side, Calls>>>;
  /** Of the last ten seconds. */
  recent: ByOrigin<Readonly<Record<Side, Calls>>>;
  shadow: ByOrigin<Comparisons>;
  rehearsal: Comparisons;
  probing: Probing;
}

/**
 * Of nothing.
 *
 * @internal
 */
export const noCalls: Calls = { calls: 0, errors: 0, latency: emptyHistogram() };
export const noComparisons: Comparisons = { compared: 0, mismatches: 0, unavailable: 0 };

/** The figures of calls, as people read them; ms. */
export const figuresOf = ({ calls, errors, latency }: Calls) => ({
  calls,
  errors,
  p50Ms: percentile(latency, 0.5),
  p99Ms: percentile(latency, 0.99),
});
