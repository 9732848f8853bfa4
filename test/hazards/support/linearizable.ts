/**
 * One operation on one key, as a client saw it. `Step` says what it did and what it was told; times of one clock, in ms.
 */
export interface Operation<Step> {
  readonly step: Step;
  readonly invoked: number;
  /** When its answer came; Infinity: it never did. */
  readonly returned: number;
  /** It has taken effect between the two. If not certain, it may have, or not. */
  readonly certain: boolean;
}

/** What a key may do: the states after a step, none if the step cannot have been seen in this state. */
export interface Model<State, Step> {
  readonly initial: State;
  next(state: State, step: Step): readonly State[];
}

/** Somebody wrote a value, or was told one. Null: nothing is there. */
export type RegisterStep = { readonly write: string | null } | { readonly read: string | null };

/** A key that holds what was written to it last. */
export const register = (initial: string | null): Model<string | null, RegisterStep> => ({
  initial,
  next: (value, step) => ('write' in step ? [step.write] : step.read === value ? [value] : []),
});

/** So many ways to explain a history at one moment are too many to look at. */
const mostWays = 20_000;

/** One way to explain what was seen so far: the state, and which of the open operations have taken effect. */
interface Way<State> {
  readonly state: State;
  readonly taken: ReadonlySet<number>;
}

/**
 * Looks for an order of the operations that one register, asked one after the other, would have answered alike, each in its
 * place between its begin and its end. Answers the first operation that no such order has room for, or undefined.
 *
 * Wing & Gong's search (1993) over all orders at once, moment by moment; ways that agree in what counts from there on are
 * looked at once (Lowe, "Testing for linearizability", 2016; Porcupine does the same). An operation takes effect no sooner
 * than some answer demands it: one whose outcome is unknown, and that no answer needs, costs nothing.
 *
 * @throws when a history is too entangled to be searched.
 */
export function firstViolation<State, Step>(
  history: readonly Operation<Step>[],
  model: Model<State, Step>,
): Operation<Step> | undefined {
  const open = new Map<number, Operation<Step>>();
  let ways: Way<State>[] = [{ state: model.initial, taken: new Set() }];
  for (const { begins, id } of moments(history)) {
    const operation = history[id]!;
    if (begins) {
      open.set(id, operation);
      continue;
    }
    ways = operation.certain
      ? waysWith(id, ways, open, model)
      : distinct(ways.flatMap((way) => [way, ...waysWith(id, [way], open, model)]));
    if (ways.length === 0) return operation;
    open.delete(id);
    ways = distinct(ways.map(({ state, taken }) => ({ state, taken: without(taken, id) })));
  }
  return undefined;
}

/** Begins and ends in their order; of what happens at once, the begins first. What never ends has no end. */
function moments(history: readonly Operation<unknown>[]): { begins: boolean; id: number }[] {
  const all = history.flatMap(({ invoked, returned }, id) => [
    { at: invoked, begins: true, id },
    ...(returned < Infinity ? [{ at: returned, begins: false, id }] : []),
  ]);
  return all.sort((a, b) => a.at - b.at || Number(b.begins) - Number(a.begins));
}

/** All ways in which the operation has taken effect, alone or behind others that are open. */
function waysWith<State, Step>(
  id: number,
  from: readonly Way<State>[],
  open: ReadonlyMap<number, Operation<Step>>,
  model: Model<State, Step>,
): Way<State>[] {
  const seen = new Set<string>();
  const found: Way<State>[] = [];
  const left = [...from];
  for (let way = left.pop(); way; way = left.pop()) {
    const name = nameOf(way);
    if (seen.has(name)) continue;
    seen.add(name);
    if (seen.size > mostWays)
      throw new Error(`more than ${mostWays} ways to explain ${open.size} open operations`);
    if (way.taken.has(id)) found.push(way);
    else left.push(...after(way, open, model));
  }
  return found;
}

/** The way with one more operation that has taken effect. */
function after<State, Step>(
  { state, taken }: Way<State>,
  open: ReadonlyMap<number, Operation<Step>>,
  model: Model<State, Step>,
): Way<State>[] {
  const others = [...open].filter(([id]) => !taken.has(id));
  return others.flatMap(([id, { step }]) =>
    model.next(state, step).map((next) => ({ state: next, taken: new Set(taken).add(id) })),
  );
}

const nameOf = <State>({ state, taken }: Way<State>): string =>
  `${JSON.stringify(state)} ${[...taken].sort((a, b) => a - b).join()}`;

const distinct = <State>(ways: readonly Way<State>[]): Way<State>[] => [
  ...new Map(ways.map((way) => [nameOf(way), way])).values(),
];

function without(ids: ReadonlySet<number>, id: number): ReadonlySet<number> {
  const left = new Set(ids);
  left.delete(id);
  return left;
}
