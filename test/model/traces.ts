import { hashOf, Frontier, Growing, Hashes } from './memory.js';
import { actionsOf, after, initial } from './model.js';
import type { About } from './action.js';
import type { Named } from './scenarios.js';
import type { State } from './state.js';
import { decode, encode } from './state-codec.js';

/** One step of a trace: what to do, what has to come of it, and how both sides have to stand then. */
export interface TraceStep {
  kind: string;
  about: About;
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
const statesLooked = 250_000;

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

/** Scenarios whose witness the code has: the peer, a file, or an operator's word. */
export const drivable = (scenarios: readonly Named[]): Named[] =>
  scenarios.filter(({ scenario: { witness } }) => witness !== 'process' && witness !== 'clean stop');

/** Few traces that together have every transition that these have. The same each time. */
export function* covering(scenarios: readonly Named[]): Generator<Trace> {
  const covered = new Set<string>();
  const found = [...traces(scenarios, 1)].sort((a, b) => b.steps.length - a.steps.length);
  const ofRarest = new Map<string, Trace>();
  for (const trace of found) ofRarest.set(trace.covers, trace);
  for (const trace of ofRarest.values()) {
    const names = trace.steps.map(({ kind, outcome }) => `${kind}: ${outcome}`);
    if (names.every((name) => covered.has(name))) continue;
    for (const name of names) covered.add(name);
    yield trace;
  }
}

/** Traces that go on and on, wherever a seed leads. */
export function* walks(
  scenarios: readonly Named[],
  { count, steps, seed }: Record<'count' | 'steps' | 'seed', number>,
): Generator<Trace> {
  let last = seed;
  const below = (limit: number): number => {
    last = (Math.imul(last, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((last / 2 ** 32) * limit);
  };
  for (let walk = 0; walk < count; walk++) {
    const named = scenarios[walk % scenarios.length]!;
    const walked: TraceStep[] = [];
    let bytes = encode(initial(named.scenario)).slice();
    while (walked.length < steps) {
      const possible = actionsOf(decode(bytes), named.scenario).flatMap((action) => {
        const step = after(bytes, action, named.scenario);
        return step ? [{ action, outcome: step.outcome, reached: encode(step.next).slice() }] : [];
      });
      if (possible.length === 0) break;
      const { action, outcome, reached } = possible[below(possible.length)]!;
      bytes = reached;
      const { kind, about } = action;
      walked.push({ kind, about, say: action.say(), outcome, state: decode(bytes) });
    }
    yield { scenario: named.name, covers: 'a walk', steps: walked };
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
    return { kind: action.kind, about: action.about, say: action.say(), outcome, state: decode(bytes) };
  });
}
