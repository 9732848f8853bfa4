import { goal } from './invariants.js';
import { actionsOf, after } from './model.js';
import { hashOf } from './memory.js';
import type { Scenario } from './scenario.js';
import type { State } from './state.js';
import { decode, encode } from './state-codec.js';
import type { Told } from './story.js';

interface Place {
  bytes: Uint8Array;
  from: Place | null;
  told: Omit<Told, 'state'> | null;
}

/** A shortest way without faults to one owner and equal data (I4); null: there is none. */
export function wayOut(scenario: Scenario, state: State): Told[] | null {
  const first: Place = { bytes: encode(state).slice(), from: null, told: null };
  const seen = new Set([hashOf(first.bytes)]);
  for (let places = [first]; places.length > 0;) {
    const next: Place[] = [];
    for (const from of places) {
      const here = decode(from.bytes);
      if (goal(here, scenario)) return pathTo(from);
      for (const action of actionsOf(here, scenario)) {
        const step = action.fault ? null : after(from.bytes, action, scenario);
        const bytes = step && encode(step.next);
        if (!bytes || seen.has(hashOf(bytes))) continue;
        seen.add(hashOf(bytes));
        const { kind, about } = action;
        const { outcome } = step;
        next.push({
          bytes: bytes.slice(),
          from,
          told: { kind, about, outcome, text: `${action.say()} → ${outcome}` },
        });
      }
    }
    places = next;
  }
  return null;
}

function pathTo(last: Place): Told[] {
  const told: Told[] = [];
  for (let place = last; place.told && place.from; place = place.from)
    told.unshift({ ...place.told, state: decode(place.bytes) });
  return told;
}
