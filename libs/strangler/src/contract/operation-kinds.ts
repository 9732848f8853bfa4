import type { CallPolicy } from './call-policy.js';
import type { Dto } from './dto.js';
import { needsOnly } from './required.js';

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

/** As {@link SplitKeys}, as it is declared. */
type GivenSplitKeys<I, O> =
  | { key: KeyGiven<I>; keys?: never; pick?: never; merge?: never }
  | Exclude<SplitKeys<I, O>, { key: unknown }>;

/** As {@link GivenSplitKeys}; a query that any copy may answer is asked as a whole, and says nothing of parts. */
type GivenQueryKeys<I, O> =
  GivenSplitKeys<I, O> | { keys: (input: I) => readonly string[]; key?: never; pick?: never; merge?: never };

/** As {@link Keys}; a command or query over several keys also says how it falls into parts, one an owner. */
type SplitKeys<I, O> =
  | { key: (input: I) => string; keys?: never; pick?: never; merge?: never }
  | ({
      keys: (input: I) => readonly string[];
      key?: never;
    } & Parts<I, O>)
  | { key?: never; keys?: never; pick?: never; merge?: never };

/** How an input of several keys is taken apart, and its outputs are put together. */
interface Parts<I, O> {
  /** The input for these of its keys alone. */
  pick: (input: I, keys: readonly string[]) => I;
  /** The output for `input` from outputs of parts, which together cover its keys and may overlap. */
  merge: (input: I, outputs: readonly O[]) => O;
}

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
  /** How long one attempt may take, in ms, with all its tries (default 1,500). */
  timeoutMs?: number;
  /** How it is called where it is served by another process. */
  policy?: CallPolicy;
}

/** Changes nothing. `owner` (the default of keyed queries) is never behind a write; `any` may be answered by a copy. */
export type Query<I, O, E extends string> = Shared<I, O, E> &
  Keys<I> &
  Partial<Parts<I, O>> & {
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
 * outside the database: its own transaction says only whether that is due (`callDue`), then the call is made in no
 * transaction, and the command `result` writes down what came of it and answers. Where that refuses, `undo` takes the effect back.
 */
export type Command<I, O, E extends string> = Shared<I, O, E> &
  SplitKeys<I, O> & {
    kind: 'command';
    undo?: string;
    result?: string;
    /** Of one made by {@link subscription}: the type of the events that it is called for. */
    on?: string;
    /** As {@link subscription} has it. */
    from?: 'first' | 'next';
  };

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
  definition: Omit<Query<I, O, E>, 'kind' | 'key' | 'keys' | 'pick' | 'merge'> & GivenQueryKeys<I, O>,
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
  definition: Omit<Command<I, O, E>, 'kind' | 'key' | 'keys' | 'pick' | 'merge'> & GivenSplitKeys<I, O>,
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
