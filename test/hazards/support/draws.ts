import { moduleNames, type ModuleName } from '../../support/module-names.js';
import type { Place } from './moving-modules.js';
import type { Random } from './random.js';
import type { Walk } from './walks.js';

/** One module after the other goes somewhere, without an end. */
export const walksOf = (from: Random): Generator<Walk, never> =>
  endless(from, moduleNames, (module, random) => ({ module, to: random.pick(places(random)) }));

/** Home and away come as often as anything between. */
const places = (random: Random): readonly Place[] => [
  { phase: 'extracted' },
  { phase: 'extracted' },
  { phase: 'shifting', percent: 5 + random.integer(91) },
  { phase: 'shifting', percent: 5 + random.integer(91) },
  { phase: 'dual-write' },
  { phase: 'monolith' },
];

/** Where all modules are in the end: each has a copy. */
export function lastPlacesOf(random: Random): Record<ModuleName, Place> {
  const one = (): Place => random.pick(places(random).filter(({ phase }) => phase !== 'monolith'));
  return Object.fromEntries(moduleNames.map((name) => [name, one()])) as Record<ModuleName, Place>;
}

/** Each of them comes once before any comes again, in another order each time. */
export function* endless<K, T>(
  random: Random,
  all: readonly K[],
  make: (each: K, random: Random) => T,
): Generator<T, never> {
  for (;;) {
    const left = [...all];
    while (left.length > 0) yield make(left.splice(random.integer(left.length), 1)[0]!, random);
  }
}
