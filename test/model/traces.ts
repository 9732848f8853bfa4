import { hashOf, Frontier, Growing, Hashes } from './memory.js';
import { actionsOf, after, initial } from './model.js';
import type { Named } from './scenarios.js';
import type { State } from './state.js';
import { decode, encode } from './state-codec.js';

/** One step of a trace: what to do, what has to come of it, and how both sides have to stand then. */
export interface TraceStep {
  kind: string;
  /** Tells apart actions of one kind in one state. */
  say: string;
  outcome: string;
  state: State;
}

export interface Trace {
  scenario: string;
  /** What it was chosen for, as `kind: outcome`. */
  covers: string;
  steps: TraceStep[];
}

/** A state of the breadth-first tree, and the transitions that leave it. */
interface Tree {
  parents: Growing;
  /** Which of the parent's actions led here. */
  choices: Growing;
  /** For each `kind: outcome`: where it was seen first, evenly spread over the scenario. */
  seen: Map<string, { from: number; choice: number }[]>;
}

/** States of a scenario that are looked at; enough to see what its actions can come to. */
const statesLooked = 30_000;

/**
 * Traces of the model for a test that drives the real procedures along them: for every transition (kind of action and outcome) of
 * every scenario at least `each`, along a shortest way. The same each time.
 */
export function* traces(scenarios: readonly Named[], each: number): Generator<Trace> {
  for (const named of scenarios) {
    const tree = grow(named);
    for (const [covers, places] of tree.seen)
      for (const { from, choice } of spread(places, each))
        yield { scenario: named.name, covers, steps: replay(named, [...choicesTo(tree, from), choice]) };
  }
}

function grow({ scenario }: Named): Tree {
  const tree: Tree = { parents: new Growing(), choices: new Growing(), seen: new Map() };
  const known = new Hashes();
  let frontier = new Frontier();
  const first = encode(initial(scenario));
  known.add(hashOf(first), 0);
  frontier.push(first);
  tree.parents.push(-1);
  tree.choices.push(-1);
  for (let base = 0; frontier.length > 0 && tree.parents.length < statesLooked;) {
    const next = new Frontier();
    const nextBase = tree.parents.length;
    for (let index = 0; index < frontier.length; index++)
      leave(tree, known, next, { bytes: frontier.get(index), id: base + index, scenario });
    base = nextBase;
    frontier = next;
  }
  return tree;
}

function leave(
  tree: Tree,
  known: Hashes,
  next: Frontier,
  { bytes, id, scenario }: { bytes: Uint8Array; id: number; scenario: Named['scenario'] },
): void {
  actionsOf(decode(bytes), scenario).forEach((action, choice) => {
    const step = after(bytes, action, scenario);
    if (!step) return;
    const name = `${action.kind}: ${step.outcome}`;
    const places = tree.seen.get(name) ?? [];
    tree.seen.set(name, places);
    places.push({ from: id, choice });
    const reached = encode(step.next);
    if (known.add(hashOf(reached), tree.parents.length) >= 0) return;
    tree.parents.push(id);
    tree.choices.push(choice);
    next.push(reached);
  });
}

/** The first, and others at even distances. */
function spread<T>(items: readonly T[], count: number): T[] {
  const distance = Math.max(1, items.length / count);
  return Array.from(
    { length: Math.min(count, items.length) },
    (_, index) => items[Math.floor(index * distance)]!,
  );
}

const choicesTo = ({ parents, choices }: Tree, id: number): number[] =>
  parents
    .pathTo(id)
    .slice(1)
    .map((one) => choices.at(one));

function replay({ scenario }: Named, choices: readonly number[]): TraceStep[] {
  let bytes = encode(initial(scenario)).slice();
  return choices.map((choice) => {
    const action = actionsOf(decode(bytes), scenario)[choice]!;
    const { next, outcome } = after(bytes, action, scenario)!;
    bytes = encode(next).slice();
    return { kind: action.kind, say: action.say(), outcome, state: decode(bytes) };
  });
}
