import type { Obstacle, ObstacleKind, SourcePlace } from '../assessment.js';
import type { Facts } from '../facts/facts.js';
import { points } from './rules.js';

/** A finding and the module that has it. */
export type Placed = Obstacle & { module: string };

/** Makes a finding with the points of its kind. */
export function found(
  module: string,
  kind: ObstacleKind,
  partners: readonly string[],
  text: string,
  at: readonly SourcePlace[],
  more: Partial<Pick<Obstacle, 'blocks' | 'points'>> = {},
): Placed {
  const others = [...new Set(partners)].filter((one) => one !== module).sort();
  return { module, kind, with: others, text, blocks: false, points: points[kind], at: distinct(at), ...more };
}

/** Places, each once, in the order of the sources. */
function distinct(places: readonly SourcePlace[]): SourcePlace[] {
  const byText = new Map(places.map((place) => [`${place.file}:${place.line}`, place]));
  return [...byText.values()].sort((a, b) =>
    a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1,
  );
}

/** The values of a list by a key that is made of each. */
export function groupBy<T>(list: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of list) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

export const names = (list: readonly string[], most = 8): string => {
  const each = [...new Set(list)];
  const rest = each.length - most;
  return rest > 0 ? `${each.slice(0, most).join(', ')} and ${rest} more` : each.join(', ');
};

export const moduleOf = ({ modules }: Facts, at: SourcePlace): string => modules.of(at.file);
