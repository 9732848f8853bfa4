import { DomainError, internalCodes, type DomainErrorData } from './errors.js';
import type { Dto } from './dto.js';
import { needsOnly } from './required.js';
import { problemOfShapes } from './shape-problems.js';

/** Names of an input's fields that can be its routing key. */
type KeyName<I> = { [K in keyof I]-?: I[K] extends string ? K : never }[keyof I] & string;

/** How a routing key is declared: the field that holds it, or how it is found. */
type KeyGiven<I> = KeyName<I> | ((input: I) => string);

/** As {@link Keys}, as it is declared. */
type GivenKeys<I> =
  | { key: KeyGiven<I>; keys?: never }
  | { keys: (input: I) => readonly string[]; key?: never }
  | { key?: never; keys?: never };

type Keys<I> =
  | {
      /** Routing key of the input; decides which side owns the call. */ key: (input: I) => string;
      keys?: never;
    }
  | {
      /** Routing keys of an input that touches several rows (sorted and made unique by the executor). */
      keys: (input: I) => readonly string[];
      key?: never;
    }
  | { key?: never; keys?: never };

/** As {@link CommandKeys}, as it is declared. */
type GivenCommandKeys<I, O> =
  | { key: KeyGiven<I>; keys?: never; pick?: never; merge?: never }
  | Exclude<CommandKeys<I, O>, { key: unknown }>;

/** As {@link Keys}; a command over several keys also says how it falls into parts, one an owner. */
type CommandKeys<I, O> =
  | { key: (input: I) => string; keys?: never; pick?: never; merge?: never }
  | {
      keys: (input: I) => readonly string[];
      key?: never;
      /** The input for these of its keys alone. */
      pick: (input: I, keys: readonly string[]) => I;
      /** The output for `input` from outputs of parts, which together cover its keys and may overlap. */
      merge: (input: I, outputs: readonly O[]) => O;
    }
  | { key?: never; keys?: never; pick?: never; merge?: never };

/**
 * See {@link self}.
 *
 * @example
 * ```ts
 * const customersOwn = self(({ userId }: { userId: string }) => userId);
 * ```
 */
export interface Self<I> {
  readonly self: (input: I) => string;
}

/**
 * Who may ask an operation: `anyone`, also who has not logged in; {@link self}; an account of the role `viewer` or `admin`; or
 * `internal`: other modules and programs of the shop, for their own ends, and never a client.
 *
 * @example
 * ```ts
 * const who: Who<{ userId: string }>[] = ['anyone', self(({ userId }) => userId), 'viewer', 'admin', 'internal'];
 * ```
 */
export type Who<I> = 'anyone' | Self<I> | 'viewer' | 'admin' | 'internal';

/**
 * The user whom the input names may ask, and an admin: `who: self((input) => input.userId)`.
 *
 * @example
 * ```ts
 * class OrdersOf {
 *   @Id() userId: string;
 * }
 * const list = query({ input: OrdersOf, output: Order, key: 'userId', who: self(({ userId }: OrdersOf) => userId) });
 * ```
 */
export const self = <I>(user: (input: I) => string): Self<I> => ({ self: user });

interface Shared<I, O, E extends string> {
  input: Dto<I>;
  output: Dto<O>;
  /** Left out: `internal`. */
  who?: Who<NoInfer<I>>;
  /** The only error codes that callers can see besides the transport's own; any other error becomes `internal`. */
  errors?: readonly E[];
  /** How long one attempt may take, in ms (default 1,500). */
  timeoutMs?: number;
}

/** Changes nothing. `owner` (the default of keyed queries) is never behind a write; `any` may be answered by a copy. */
export type Query<I, O, E extends string> = Shared<I, O, E> &
  Keys<I> & {
    kind: 'query';
    reads?: 'owner' | 'any';
    /** Fields of the output (`items.*.seenAt`) that may differ between both sides: shadow reads do not compare them. */
    volatile?: readonly string[];
    /**
     * Makes an input of a routing key (of a module with one owner: of the primary key of its first table), so that the
     * controller can ask both sides where customers do not. Left out, it is derived where `key` names a field and the input
     * needs no other.
     */
    probe?: (key: string) => NoInfer<I>;
  };

/**
 * One transaction in one module, made idempotent by its command id, key by key. `undo` names the command that takes it
 * back; that must be harmless for keys where there is nothing to take back. `result` is named by one that has an effect
 * outside the database: its own transaction says only whether that is due ({@link callDue}), then the call is made in no
 * transaction, and the command `result` writes down what came of it and answers. Where that refuses, `undo` takes the effect back.
 */
export type Command<I, O, E extends string> = Shared<I, O, E> &
  CommandKeys<I, O> & { kind: 'command'; undo?: string; result?: string };

/** Spans modules: a saga (Garcia-Molina and Salem, 1987). */
export type Process<I, O, E extends string> = Shared<I, O, E> & Keys<I> & { kind: 'process' };

type AnyKind<I, O, E extends string> = Query<I, O, E> | Command<I, O, E> | Process<I, O, E>;

/**
 * Any operation, its types forgotten. Method syntax in `key` would not help: inputs are contravariant, hence `never`.
 *
 * @example
 * ```ts
 * const names = (operations: Record<string, Operation>) =>
 *   Object.entries(operations).map(([name, { kind, timeoutMs = 1_500 }]) => `${name}: ${kind}, ${timeoutMs} ms`);
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the one place where an operation's types are erased
export type Operation = AnyKind<any, any, string>;

/**
 * How a module is owned while it moves: `by-key`, each routing key by one side, so that it moves in shares; or `whole`, all keys by one
 * side, so that it moves at once.
 *
 * @example
 * ```ts
 * const ownership: Ownership = 'by-key'; // an order belongs to one side; its neighbour may belong to the other one
 * ```
 */
export type Ownership = 'by-key' | 'whole';

/**
 * A module's only public face: its name, how it is owned, and its operations. Made by {@link contract}, or by {@link serviceContract} from a
 * class.
 *
 * @example
 * ```ts
 * const operationsOf = ({ name, operations }: Contract) => Object.keys(operations).map((each) => `${name}.${each}`);
 * ```
 */
export interface Contract<
  N extends string = string,
  O extends Record<string, Operation> = Record<string, Operation>,
> {
  readonly name: N;
  readonly ownership: Ownership;
  readonly operations: O;
  /** Makes an error that `operation` declares; an undeclared code does not compile. */
  error<K extends keyof O>(
    operation: K,
    code: CodeOf<O[K]>,
    data?: DomainErrorData,
  ): DomainError<CodeOf<O[K]>>;
}

/**
 * What an operation is given.
 *
 * @example
 * ```ts
 * const input: InputOf<(typeof orders)['operations']['get']> = { id: '0190a7d2-…' };
 * ```
 */
export type InputOf<T> = T extends { input: Dto<infer I> } ? I : never;
/**
 * What an operation answers.
 *
 * @example
 * ```ts
 * const print = (order: OutputOf<(typeof orders)['operations']['get']>) => console.log(order.status);
 * ```
 */
export type OutputOf<T> = T extends { output: Dto<infer O> } ? O : never;
/**
 * The error codes that an operation declares.
 *
 * @example
 * ```ts
 * const code: CodeOf<(typeof orders)['operations']['place']> = 'out_of_stock';
 * ```
 */
export type CodeOf<T> = T extends { errors?: readonly (infer E extends string)[] } ? E : never;

/**
 * Names of a contract's operations of one kind.
 *
 * @example
 * ```ts
 * const commands: NamesOf<typeof orders, 'command'>[] = ['place', 'cancel'];
 * ```
 */
export type NamesOf<C extends Contract, Kind extends Operation['kind']> = {
  [K in keyof C['operations']]: C['operations'][K]['kind'] extends Kind ? K : never;
}[keyof C['operations']];

/**
 * What a caller sees of a contract: one async method an operation, wherever the module is served.
 *
 * @example
 * ```ts
 * class OrdersOfTheTest implements Pick<Api<typeof orders>, 'get'> {
 *   async get({ id }: ById): Promise<Order> {
 *     return { id, sku: 'A1', quantity: 1, status: 'open' };
 *   }
 * }
 * ```
 */
export type Api<C extends Contract> = {
  [K in keyof C['operations']]: (input: InputOf<C['operations'][K]>) => Promise<OutputOf<C['operations'][K]>>;
};

/**
 * Answered by a command that names a `result`: its call is still to be made. Any other answer is that of the command.
 *
 * @example
 * ```ts
 * class PaymentsService {
 *   // Its transaction says only whether the call to the provider is due; `external` of `forFeature` makes it.
 *   async charge(order: Order): Promise<Order | CallDue> {
 *     return order.status === 'paid' ? order : callDue;
 *   }
 * }
 * ```
 */
export const callDue = Symbol('call due');
/**
 * What {@link callDue} is: the answer of a command whose call outside is still to be made.
 *
 * @example
 * ```ts
 * const isDue = (answer: Order | CallDue): answer is CallDue => answer === callDue;
 * ```
 */
export type CallDue = typeof callDue;

/**
 * What a module's service implements: its queries and commands. Processes are sagas, given beside it. A command also gets
 * what was prepared for it before its transaction, if anything was.
 *
 * @example
 * ```ts
 * const service: Handlers<typeof orders> = app.get(OrdersService);
 * ```
 */
export type Handlers<C extends Contract> = Pick<Api<C>, NamesOf<C, 'query'>> & {
  [K in NamesOf<C, 'command'>]: (
    input: InputOf<C['operations'][K]>,
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each service says what it wants; `forFeature` checks it
    prepared?: any,
  ) => Promise<OutputOf<C['operations'][K]> | CallDue>;
};

// NoInfer below: else `contract()`, which wants codes of type string, would make `string` of an operation without errors,
// and any code would compile.

/**
 * Declares an operation that changes nothing. `key` names the field that is its routing key, or finds it. A query without one may be answered
 * by either side.
 *
 * @example
 * ```ts
 * const get = query({ input: ById, output: Order, errors: ['not_found'], key: 'id' });
 * const find = query({ input: Place, output: Order, reads: 'any', volatile: ['status'], timeoutMs: 500 });
 * ```
 */
export function query<I, O, const E extends string = never>(
  definition: Omit<Query<I, O, E>, 'kind' | 'key' | 'keys'> & GivenKeys<I>,
): Query<I, O, NoInfer<E>> {
  const { key, input } = definition;
  const derived = typeof key === 'string' && needsOnly(input, key) ? { probe: probeOf<I>(key) } : {};
  return { ...derived, ...withKey(definition), kind: 'query' };
}

/**
 * Declares an operation that is one transaction in its module. `undo` names the command that takes it back. Done once a command id, as Stripe's
 * API has it with idempotency keys.
 *
 * @example
 * ```ts
 * const place = command({ input: Place, output: Order, errors: ['out_of_stock'], key: 'id', undo: 'cancel' });
 * ```
 */
export function command<I, O, const E extends string = never>(
  definition: Omit<Command<I, O, E>, 'kind' | 'key' | 'keys' | 'pick' | 'merge'> & GivenCommandKeys<I, O>,
): Command<I, O, NoInfer<E>> {
  return { ...withKey(definition), kind: 'command' };
}

/**
 * Declares an operation that spans modules and runs as a saga (Garcia-Molina and Salem, 1987).
 *
 * @example
 * ```ts
 * const buy = process({ input: Place, output: Order, errors: ['out_of_stock'], key: 'id', timeoutMs: 5_000 });
 * ```
 */
export function process<I, O, const E extends string = never>(
  definition: Omit<Process<I, O, E>, 'kind' | 'key' | 'keys'> & GivenKeys<I>,
): Process<I, O, NoInfer<E>> {
  return { ...withKey(definition), kind: 'process' };
}

type KeyFound<D, I> = Omit<D, 'key'> & { key?: (input: I) => string };

/** The definition with its key as a function. */
function withKey<I, D extends { key?: KeyGiven<I> }>(definition: D): D & KeyFound<D, I> {
  const { key } = definition;
  if (typeof key !== 'string') return definition as D & KeyFound<D, I>;
  return { ...definition, key: (input: I) => input[key] as string };
}

const probeOf =
  <I>(field: string) =>
  (key: string): I =>
    ({ [field]: key }) as I;

/**
 * Declares a module's contract. @throws naming the operation that breaks a rule of the toolkit.
 *
 * @example
 * ```ts
 * const stock = contract('stock', {
 *   ownership: 'by-key',
 *   operations: {
 *     get: query({ input: ById, output: Order, errors: ['not_found'], key: 'id' }),
 *   },
 * });
 * ```
 */
export function contract<const N extends string, O extends Record<string, Operation>>(
  name: N,
  definition: { ownership: Ownership; operations: O },
): Contract<N, O> {
  for (const [operation, declared] of Object.entries(definition.operations)) {
    const problem = problemOf(declared, definition);
    if (problem) throw new Error(`${name}.${operation}: ${problem}`);
  }
  return { name, ...definition, error: (_operation, code, data) => new DomainError(code, data) };
}

function problemOf(
  operation: Operation,
  { ownership, operations }: { ownership: Ownership; operations: Record<string, Operation> },
): string | undefined {
  const taken = operation.errors?.find((code) => (internalCodes as readonly string[]).includes(code));
  if (taken) return `"${taken}" is a code of the toolkit's own`;
  const shapes = problemOfShapes(operation);
  if (shapes) return shapes;
  const undo = operation.kind === 'command' ? operation.undo : undefined;
  if (undo !== undefined && operations[undo]?.kind !== 'command') {
    return `its undo "${undo}" is no command of this contract`;
  }
  if (undo !== undefined && whoOf(operations[undo]!) !== whoOf(operation))
    return `its undo "${undo}" is open to others than it is itself: give both the same who`;
  const wrong = operation.kind === 'command' && problemOfResult(operation, operations);
  if (wrong) return wrong;
  if (operation.kind !== 'query' && 'probe' in operation) return 'only a query can be asked by itself';
  if (ownership === 'whole') return undefined;
  return operation.keys ? problemOfKeys(operation) : problemOfProbe(operation);
}

const whoOf = ({ who = 'internal' }: Operation): string => (typeof who === 'string' ? who : 'self');

/** Its effect is one call, and its caller hears what the result answers. */
function problemOfResult(
  operation: Operation & { kind: 'command' },
  operations: Record<string, Operation>,
): string | undefined {
  if (operation.result === undefined) return undefined;
  const result = Object.hasOwn(operations, operation.result) ? operations[operation.result] : undefined;
  if (result?.kind !== 'command' || result.result !== undefined)
    return `its result "${operation.result}" is no plain command of this contract`;
  if (result.output !== operation.output) return `its result "${operation.result}" answers something else`;
  const undeclared = result.errors?.find((code) => !operation.errors?.includes(code));
  if (undeclared) return `its result can end with "${undeclared}", which it does not declare`;
  if (result.errors?.length && operation.undo === undefined)
    return 'its result may refuse an effect that was made: declare undo';
  return operation.keys ? 'what has an effect outside has one key: declare key' : undefined;
}

/** A probe is made of a routing key: the input has to lead back to it. */
function problemOfProbe(operation: Operation): string | undefined {
  if (operation.kind !== 'query' || !operation.probe) return undefined;
  return operation.key ? undefined : 'a probe is made of a routing key: declare its key';
}

/** Keys of one input can have different owners. */
function problemOfKeys(operation: Operation): string | undefined {
  if (operation.kind === 'query' && operation.probe) return 'a probe has one routing key: declare key';
  if (operation.kind === 'process') return 'a process has one owner: give it one key';
  if (operation.kind === 'query') {
    return operation.reads === 'any' ? undefined : "its keys have no one owner: declare reads: 'any'";
  }
  if (!operation.pick || !operation.merge) {
    return 'its keys can have different owners: declare pick and merge';
  }
  return operation.errors?.length && operation.undo === undefined
    ? 'one part of it may be refused when another is done: declare undo'
    : undefined;
}
