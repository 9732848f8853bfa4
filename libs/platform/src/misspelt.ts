import { distance } from 'fastest-levenshtein';

/** A name in the environment that nobody reads, and the setting that it was probably meant to be. */
export interface Misspelt {
  name: string;
  meant: string;
}

/** Names of settings, as all of ours are. */
const isSetting = /^[A-Z][A-Z0-9_]*$/;

/**
 * Names that are not read and nearly are: one letter in four is wrong, two at most, or two have changed places. So near that names of other
 * programs, ours included (`PORT`, where only `HOST` is read), are taken for none. Pure.
 *
 * @example misspelt(['LEGACY_ULR', 'PATH'], new Set(['LEGACY_URL'])) // [{ name: 'LEGACY_ULR', meant: 'LEGACY_URL' }]
 */
export function misspelt(names: readonly string[], read: ReadonlySet<string>): Misspelt[] {
  const known = [...read].filter((name) => isSetting.test(name));
  return names
    .filter((name) => isSetting.test(name) && !read.has(name))
    .flatMap((name) => {
      const meant = known.find((one) => isNear(name, one));
      return meant === undefined ? [] : [{ name, meant }];
    });
}

/** What the operator is told of one. */
export const misspeltInWords = ({ name, meant }: Misspelt): string =>
  `${name} is set, and nothing here reads it: did you mean ${meant}?`;

function isNear(name: string, known: string): boolean {
  const wrong = distance(name, known);
  return (
    wrong <= Math.min(2, Math.floor(known.length / 4)) ||
    (wrong === 2 && lettersOf(name) === lettersOf(known))
  );
}

const lettersOf = (name: string): string => [...name].sort().join('');
