import type { Side } from '../../routes/phase.js';

/**
 * A side of a module that gave no answer: what it has is in no list.
 *
 * @example
 * ```ts
 * const text = ({ module, side, why }: SilentSide) => `${module} could not be asked on the side ${side}: ${why}`;
 * ```
 */
export interface SilentSide {
  module: string;
  side: Side;
  why: string;
}

/** What is added to "there is none" while somebody could not be asked. */
export const unless = (silent: readonly SilentSide[]): string =>
  silent.length === 0
    ? ''
    : `, unless one is where nobody could be asked: ${silent.map(({ module, side, why }) => `${module} on the side ${side} (${why})`).join('; ')}`;
