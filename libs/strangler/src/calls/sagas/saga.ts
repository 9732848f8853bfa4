import type { Contract, InputOf, NamesOf, OutputOf } from '../../contract/contract.js';

/**
 * One step of a saga. Made by {@link call} and {@link own}. `S` is the saga's state: JSON values only.
 *
 * @example
 * ```ts
 * const steps: Step<{ id: string }>[] = [call(orders, 'cancel', { input: ({ id }) => ({ id }) })];
 * ```
 */
export type Step<S> = CallStep<S> | OwnStep<S>;

/** A step that another module carries out through its port; undone by the command that the contract names as `undo`. */
export interface CallStep<S> {
  readonly kind: 'call';
  readonly name: string;
  readonly contract: Contract;
  readonly operation: string;
  input(state: S): unknown;
  save(output: unknown, state: S): Partial<S>;
  /** Error codes after which the step is tried again later, while the saga (and its caller's answer) waits. */
  readonly waitOn: ReadonlySet<string>;
}

/** A step in the saga's own module, in the transaction that also stores the saga's progress: exactly once. */
export interface OwnStep<S> {
  readonly kind: 'own';
  readonly name: string;
  run(state: S): Promise<Partial<S> | void>;
  undo?: ((state: S) => Promise<void>) | undefined;
}

/** What a saga does, and when it is sure to succeed. */
export interface Definition<S> {
  readonly steps: readonly Step<S>[];
  /** Name of the step after which there is only forward: its success is the promise to the caller. */
  readonly pivot: string;
}

/**
 * A process over several modules (Garcia-Molina and Salem, "Sagas", 1987). While all its modules are in this process it
 * runs as one database transaction; as soon as one is away the same steps run one by one, stored before each.
 *
 * @example
 * ```ts
 * interface Buying extends Place {
 *   paid?: string;
 * }
 * class BuySaga implements Saga<Place, Order, Buying> {
 *   readonly steps = [
 *     call<Buying, typeof orders, 'place'>(orders, 'place', { input: ({ id, sku, quantity }) => ({ id, sku, quantity }) }),
 *     own<Buying>('pay', async ({ id }) => ({ paid: await provider.charge(id) })),
 *   ];
 *   readonly pivot = 'pay';
 *   readonly answersBy = ['id'] as const;
 *   begin = (input: Place): Buying => ({ ...input });
 *   answer = ({ id }: Buying): Promise<Order> => port.get({ id });
 *   wait = async (): Promise<void> => undefined;
 * }
 * ```
 */
export interface Saga<I, O, S> extends Definition<S> {
  /**
   * Which definition of the process this is; left out: the first. One whose steps are others, stand elsewhere, or do something else under
   * their name, is the next one: sagas that have begun are never carried on by a definition that is not theirs.
   */
  readonly version?: number;
  /**
   * Definitions of before, by their version: sagas that have begun with one go on with it. It may go when none of its sagas is left, in
   * any database (`select from <module>.saga where process = …`).
   */
  readonly earlier?: Readonly<Record<number, Definition<S>>>;
  /** The first state of a new run. */
  begin(input: I): S;
  /** What the caller is told once the pivot is done, or while a step waits. */
  answer(state: S): Promise<O>;
  /**
   * What of the state `answer` reads. A saga that has ended keeps nothing else: what stood there may be secret, or somebody's. Left out: all.
   */
  readonly answersBy?: readonly (keyof S)[];
  /** Runs in the transaction that makes the saga wait. */
  wait(state: S): Promise<void>;
}

/** A saga whose types are forgotten, as the engine handles it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the one place where a saga's types are erased
export type AnySaga = Saga<any, unknown, any>;

/**
 * A step that calls `operation` of another module. Commands are called with an id of the step: a repeat has no effect.
 *
 * @example
 * ```ts
 * const reserve = call<Place, typeof orders, 'place'>(orders, 'place', { input: (state) => state, waitOn: ['unavailable'] });
 * ```
 */
export function call<S, C extends Contract, K extends NamesOf<C, 'query' | 'command'> & string>(
  contract: C,
  operation: K,
  how: {
    input: (state: S) => InputOf<C['operations'][K]>;
    save?: (output: OutputOf<C['operations'][K]>, state: S) => Partial<S>;
    waitOn?: readonly string[];
  },
): CallStep<S> {
  return {
    kind: 'call',
    name: `${contract.name}.${operation}`,
    contract,
    operation,
    input: how.input,
    save: (output, state) => how.save?.(output as OutputOf<C['operations'][K]>, state) ?? {},
    waitOn: new Set(how.waitOn),
  };
}

/**
 * A step in the saga's own module; `undo` takes it back when a later step fails.
 *
 * @example
 * ```ts
 * const open = own<Place>('open', async ({ id }) => console.log(`open ${id}`), {
 *   undo: async ({ id }) => console.log(`discard ${id}`),
 * });
 * ```
 */
export function own<S>(
  name: string,
  run: (state: S) => Promise<Partial<S> | void>,
  how: { undo?: (state: S) => Promise<void> } = {},
): OwnStep<S> {
  return { kind: 'own', name, run, undo: how.undo };
}
