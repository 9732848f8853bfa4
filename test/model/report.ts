import type { Result } from './explore.js';
import type { Named } from './scenarios.js';

/** A line of the table: what was explored, and what came of it. */
export function lineOf(
  { name, what }: Named,
  { states, transitions, depth, ms, broken, story, cut, stuck }: Result,
): string {
  const size = `${states} states, ${transitions} transitions, depth ${depth}, ${(ms / 1000).toFixed(1)} s`;
  const end = cut
    ? 'CUT'
    : broken
      ? `${broken} (${story.length} steps${stuck ? `, ${stuck} states` : ''})`
      : 'clean';
  return `${name} ${what}: ${size}: ${end}`;
}
