import { hashOf, type Hashes } from './memory.js';
import type { About } from './action.js';
import { actionsOf, after, initial } from './model.js';
import type { Scenario } from './scenario.js';
import type { State } from './state.js';
import { decode, encode } from './state-codec.js';

/** One step of a story. */
export interface Told {
  kind: string;
  about: About;
  outcome: string;
  /** What happens, and what comes of it. */
  text: string;
  state: State;
}

/** Goes once more along the numbers of the states, and says what happens. */
export function tellPath(scenario: Scenario, path: readonly number[], seen: Hashes): Told[] {
  let bytes = encode(initial(scenario)).slice();
  return path.slice(1).map((id) => {
    for (const action of actionsOf(decode(bytes), scenario)) {
      const step = after(bytes, action, scenario);
      if (!step) continue;
      const reached = encode(step.next);
      if (seen.get(hashOf(reached)) !== id) continue;
      bytes = reached.slice();
      return {
        kind: action.kind,
        about: action.about,
        outcome: step.outcome,
        text: `${action.say()} → ${step.outcome}`,
        state: decode(bytes),
      };
    }
    throw new Error('a state of the path cannot be reached: two states have one hash');
  });
}

/** A story that a person can follow: numbered sentences, and what is broken at the end. */
export const printed = (story: readonly Told[], broken: string | null): string =>
  [...story.map(({ text }, index) => `${index + 1}. ${text}`), ...(broken ? [`=> ${broken}`] : [])].join(
    '\n',
  );
