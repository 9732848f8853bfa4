import { actionsOf, after, initial } from './model.js';
import { Frontier, Growing, Hashes, hashOf } from './memory.js';
import { goal, violation } from './invariants.js';
import type { Scenario } from './scenario.js';
import { decode, encode } from './state-codec.js';
import { tellPath, type Told } from './story.js';

export interface Result {
  states: number;
  transitions: number;
  depth: number;
  ms: number;
  /** It was ended by `limit`: not exhaustive. */
  cut: boolean;
  broken: string | null;
  /** States from which faultless steps lead to no good end. */
  stuck: number;
  story: Told[];
  /** `kind: outcome` of every transition, and how often. */
  covered: Map<string, number>;
}

/** Breadth first over all states of a scenario: the first counterexample is a shortest one. */
export function explore(scenario: Scenario, { limit = 6_000_000 } = {}): Result {
  const begun = performance.now();
  const seen = new Hashes();
  const parents = new Growing();
  const edges = scenario.wayOut ? { from: new Growing(), to: new Growing() } : null;
  const goals: number[] = [];
  const covered = new Map<string, number>();
  let frontier = new Frontier();
  let transitions = 0;
  let depth = 0;
  let cut = false;
  const end = (broken: string | null, last: number, stuck: number): Result => ({
    states: parents.length,
    transitions,
    depth,
    ms: performance.now() - begun,
    cut,
    broken,
    stuck,
    story: last < 0 ? [] : tellPath(scenario, parents.pathTo(last), seen),
    covered,
  });

  const first = encode(initial(scenario));
  seen.add(hashOf(first), 0);
  frontier.push(first);
  parents.push(-1);
  let base = 0;
  while (frontier.length > 0 && !cut) {
    const next = new Frontier();
    const nextBase = parents.length;
    depth++;
    for (let index = 0; index < frontier.length; index++) {
      const bytes = frontier.get(index);
      const state = decode(bytes);
      const id = base + index;
      if (edges && goal(state, scenario)) goals.push(id);
      for (const action of actionsOf(state, scenario)) {
        const step = after(bytes, action, scenario);
        if (!step) continue;
        transitions++;
        const name = `${action.kind}: ${step.outcome}`;
        covered.set(name, (covered.get(name) ?? 0) + 1);
        const reached = encode(step.next);
        const known = seen.add(hashOf(reached), parents.length);
        const to = known < 0 ? parents.length : known;
        if (edges && !action.fault) {
          edges.from.push(id);
          edges.to.push(to);
        }
        if (known >= 0) continue;
        parents.push(id);
        next.push(reached);
        const broken = violation(step.next, scenario);
        if (broken) return end(broken, to, 0);
      }
      if (parents.length > limit) {
        cut = true;
        break;
      }
    }
    base = nextBase;
    frontier = next;
  }
  if (!edges || cut) return end(null, -1, 0);
  const dead = withoutWayOut(parents.length, goals, edges);
  return end(dead.count > 0 ? 'I4: no way to one owner and equal data' : null, dead.first, dead.count);
}

/** I4 holds where a goal can be reached: backwards from the goals, over all steps that are no faults. */
function withoutWayOut(
  states: number,
  goals: number[],
  { from, to }: { from: Growing; to: Growing },
): { count: number; first: number } {
  const head = new Int32Array(states).fill(-1);
  const following = new Int32Array(to.length);
  for (let edge = 0; edge < to.length; edge++) {
    following[edge] = head[to.at(edge)]!;
    head[to.at(edge)] = edge;
  }
  const good = new Uint8Array(states);
  const open = goals;
  for (const id of open) good[id] = 1;
  while (open.length > 0)
    for (let edge = head[open.pop()!]!; edge !== -1; edge = following[edge]!) {
      const id = from.at(edge);
      if (good[id]) continue;
      good[id] = 1;
      open.push(id);
    }
  let count = 0;
  for (const one of good) if (!one) count++;
  return { count, first: good.indexOf(0) };
}
