/** What the choice of a copy goes by. */
export interface Load {
  /** Requests that it has not answered in full. */
  readonly inFlight: number;
  /** Takes none at the moment. */
  readonly full: boolean;
  /** Out for errors of requests. */
  readonly ejected: boolean;
  /** Answers to active checks. */
  readonly healthy: boolean;
}

/** The copies that get requests: those that are in; all of them when none is (the panic rule: a guess is better than a refusal). */
export function inService<T extends Load>(copies: readonly T[]): readonly T[] {
  const good = copies.filter(({ ejected, healthy }) => healthy && !ejected);
  return good.length > 0 ? good : copies;
}

/**
 * The copy that gets the next request: of two random ones the one with fewer requests in flight.
 * @param random gives numbers from 0 to 1
 * @returns `undefined` when all that are in service are full
 * @see Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (2001); Envoy's LEAST_REQUEST
 */
export function pickOfTwo<T extends Load>(copies: readonly T[], random: () => number): T | undefined {
  const free = inService(copies).filter(({ full }) => !full);
  if (free.length < 2) return free[0];
  const first = Math.floor(random() * free.length);
  const step = 1 + Math.floor(random() * (free.length - 1));
  const [one, other] = [free[first]!, free[(first + step) % free.length]!];
  return other.inFlight < one.inFlight ? other : one;
}
