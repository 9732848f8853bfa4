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
  /** Whether the step only says what is so: nothing else can come of it. */
  reads(step: Step): boolean;
}

/** Somebody wrote a value, or was told one. Null: nothing is there. */
export type RegisterStep = { readonly write: string | null } | { readonly read: string | null };

/** A key that holds what was written to it last. */
export const register = (initial: string | null): Model<string | null, RegisterStep> => ({
  initial,
  next: (value, step) => ('write' in step ? [step.write] : step.read === value ? [value] : []),
  reads: (step) => 'read' in step,
});

/** So many ways to explain a history at one moment are too many to look at. */
const mostWays = 20_000;

/** One way to explain what was seen so far: the state, and which of the open operations have taken effect. */
interface Way<State> {
  readonly state: State;
  readonly certain: ReadonlySet<number>;
  /** Those that need not have happened at all. */
  readonly possible: ReadonlySet<number>;
}

/**
 * Looks for an order of the operations in which one key, asked one after the other, would have answered alike, each in its
 * place between its begin and its end. Answers the first operation that no such order has room for, or undefined.
 *
 * Wing & Gong's search (1993) over all orders at once, moment by moment: an operation takes effect no sooner than some answer
 * demands it, and ways that agree in what counts from there on are followed once (Lowe, "Testing for linearizability", 2016;
 * Porcupine does so, too). Of two ways that differ only in what need not have happened, the one with less of it can do all
 * that the other can; and who only reads takes effect as soon as he may, for that leaves all others as they were.
 *
 * @throws when a history is too entangled to be searched.
 */
export function firstViolation<State, Step>(
  history: readonly Operation<Step>[],
  model: Model<State, Step>,
): Operation<Step> | undefined {
  const open = new Map<number, Operation<Step>>();
  let ways: Way<State>[] = [{ state: model.initial, certain: new Set(), possible: new Set() }];
  for (const { begins, id } of moments(history)) {
    const operation = history[id]!;
    if (begins) {
      open.set(id, operation);
      continue;
    }
    const taken = follow(ways, id, open, model);
    ways = operation.certain ? taken : [...ways, ...taken];
    if (ways.length === 0) return operation;
    open.delete(id);
    ways = distinct(ways.map((way) => over(way, id)));
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

/** All ways that lead on to where the operation has taken effect, alone or behind others that are open. */
function follow<State, Step>(
  from: readonly Way<State>[],
  id: number,
  open: ReadonlyMap<number, Operation<Step>>,
  model: Model<State, Step>,
): Way<State>[] {
  const known = new Known<State>();
  const found: Way<State>[] = [];
  // The list grows behind the one that is looked at: those with fewer operations come first.
  const ways = from.map((way) => read(way, open, model));
  for (const way of ways) {
    if (!known.add(way)) continue;
    if (known.size > mostWays)
      throw new Error(`more than ${mostWays} ways to explain ${open.size} operations`);
    if (way.certain.has(id) || way.possible.has(id)) found.push(way);
    else ways.push(...onward(way, open, model));
  }
  return found;
}

/** The way with one more operation that has taken effect. */
function onward<State, Step>(
  { state, certain, possible }: Way<State>,
  open: ReadonlyMap<number, Operation<Step>>,
  model: Model<State, Step>,
): Way<State>[] {
  const others = [...open].filter(([id]) => !certain.has(id) && !possible.has(id));
  return others.flatMap(([id, operation]) =>
    model.next(state, operation.step).map((next) => {
      const way = {
        state: next,
        certain: operation.certain ? new Set(certain).add(id) : certain,
        possible: operation.certain ? possible : new Set(possible).add(id),
      };
      return read(way, open, model);
    }),
  );
}

/** The way when all have taken effect that only say what is so. */
function read<State, Step>(
  way: Way<State>,
  open: ReadonlyMap<number, Operation<Step>>,
  model: Model<State, Step>,
): Way<State> {
  const is = JSON.stringify(way.state);
  const certain = new Set(way.certain);
  for (const [id, operation] of open) {
    const isOpen = operation.certain && !certain.has(id) && model.reads(operation.step);
    const says = isOpen ? model.next(way.state, operation.step) : [];
    if (says.some((next) => JSON.stringify(next) === is)) certain.add(id);
  }
  return { ...way, certain };
}

/** Ways that were met; one that can do no more than another is none of its own. */
class Known<State> {
  size = 0;
  private readonly met = new Map<string, ReadonlySet<number>[]>();

  /** Whether the way is new. */
  add({ state, certain, possible }: Way<State>): boolean {
    const name = `${JSON.stringify(state)} ${[...certain].sort((a, b) => a - b).join()}`;
    const alike = this.met.get(name) ?? [];
    if (alike.some((met) => [...met].every((id) => possible.has(id)))) return false;
    this.met.set(name, [...alike, possible]);
    this.size += 1;
    return true;
  }
}

function distinct<State>(ways: readonly Way<State>[]): Way<State>[] {
  const known = new Known<State>();
  return [...ways].sort((a, b) => a.possible.size - b.possible.size).filter((way) => known.add(way));
}

/** The way when the operation has ended: from then on all that counts is the state. */
const over = <State>({ state, certain, possible }: Way<State>, id: number): Way<State> => ({
  state,
  certain: without(certain, id),
  possible: without(possible, id),
});

function without(ids: ReadonlySet<number>, id: number): ReadonlySet<number> {
  if (!ids.has(id)) return ids;
  const left = new Set(ids);
  left.delete(id);
  return left;
}
