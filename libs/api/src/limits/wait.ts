/** How long failures make wait. */
export interface WaitRule {
  /** Failures that cost nothing. */
  free: number;
  /** The first wait, in seconds; each further failure doubles it. */
  firstS: number;
  /** The longest wait, in seconds. */
  mostS: number;
  /** After so long, in seconds, counting begins anew. */
  forgetS: number;
}

export type Counted = 'pair' | 'address' | 'account';

/**
 * What is counted. An account at an address: whoever guesses there waits longest. An address: it guesses at many accounts, or
 * asks who is a customer. An account, wherever it is tried from: many addresses guess at it; this wait stays short, because
 * it is strangers who make the customer wait.
 */
export const waitRules = {
  pair: { free: 5, firstS: 1, mostS: 900, forgetS: 86_400 },
  address: { free: 20, firstS: 1, mostS: 300, forgetS: 3_600 },
  account: { free: 50, firstS: 1, mostS: 60, forgetS: 86_400 },
} satisfies Record<Counted, WaitRule>;

/** Seconds to wait after so many failures: none, then 1, 2, 4, …, as long as the rule allows. */
export const waitSeconds = (failures: number, { free, firstS, mostS }: WaitRule): number =>
  failures <= free ? 0 : Math.min(firstS * 2 ** Math.min(failures - free - 1, 30), mostS);
