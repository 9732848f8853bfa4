import { DomainError, type DomainErrorData } from './errors.js';
import type { Dto } from './dto.js';
import { publisherOf, type EventType } from './event.js';
import type { Operation } from './operation-kinds.js';
import { problemOf } from './operation-problems.js';

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
  /** What the module tells others. */
  readonly events: readonly EventType[];
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
  { events = [], ...definition }: { ownership: Ownership; operations: O; events?: readonly EventType[] },
): Contract<N, O> {
  const foreign = events.find(({ type }) => publisherOf(type) !== name);
  if (foreign) throw new Error(`${name}: the event ${foreign.type} is another module's`);
  for (const [operation, declared] of Object.entries(definition.operations)) {
    const problem = problemOf(declared, definition);
    if (problem) throw new Error(`${name}.${operation}: ${problem}`);
  }
  return { name, ...definition, events, error: (_operation, code, data) => new DomainError(code, data) };
}
