import type { BenchShop } from '../orders/shop.js';

/** What someone does to a shop until he is told to stop. */
export interface Abuse {
  readonly name: string;
  readonly attack: (shop: BenchShop, stop: AbortSignal) => Promise<Deed>;
}

/** What came of it. */
export interface Deed {
  /** How many requests were answered. */
  requests: number;
  /** The longest body of an answer, in bytes. */
  largestAnswer: number;
}
