import 'reflect-metadata';

/** A method whose answer can be waited for. Whether its arguments can cross is seen when the contract is made. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever it takes
type AsyncMethod = { value?: (...given: any[]) => Promise<any> };
type OperationDecorator = (target: object, name: string, method: AsyncMethod) => void;

/** What holds for queries and commands. `A`: what the method takes. */
interface MethodOptions<A extends readonly unknown[]> {
  /** The routing key, of what the method is given: needed where the contract's ownership is `by-key`. */
  key?: (...given: A) => string | number;
  /** How long one attempt may take, in ms (default 1,500). */
  timeoutMs?: number;
  /** What the method is given is never stored, not even as a hash: a password could be guessed from it. */
  secret?: boolean;
}

/**
 * A method that changes nothing.
 *
 * @example
 * ```ts
 * const options: QueryMethod<[userId: number]> = { key: (userId) => userId, reads: 'any', volatile: ['*.lastUsedAt'] };
 * ```
 */
export interface QueryMethod<A extends readonly unknown[]> extends MethodOptions<A> {
  /** As of {@link query}: `owner`, or `any` for what a copy may answer, a moment behind. */
  reads?: 'owner' | 'any';
  /** Fields of the answer (`items.*.seenAt`) that may differ between both sides. */
  volatile?: readonly string[];
}

/**
 * A method that is one transaction.
 *
 * @example
 * ```ts
 * const options: CommandMethod<[id: number, password: string]> = { secret: true, timeoutMs: 3_000 };
 * ```
 */
export type CommandMethod<A extends readonly unknown[]> = MethodOptions<A>;

/** A method that others may call, and how. */
export type MethodOperation<A extends readonly unknown[]> =
  ({ kind: 'query' } & QueryMethod<A>) | ({ kind: 'command' } & CommandMethod<A>);

/** What a decorator has said of a method. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of whatever method
export type Decorated = MethodOperation<any[]> | { kind: 'internal' };

const decoratedKey = Symbol.for('nestjs-strangler:method');

const decorated =
  (said: Decorated) =>
  (target: object, name: string | symbol): void =>
    Reflect.defineMetadata(decoratedKey, said, target, name);

/** What has been said of a method, of the class or of one that it extends. */
export const decoratedAs = (prototype: object, name: string): Decorated | undefined =>
  Reflect.getMetadata(decoratedKey, prototype, name) as Decorated | undefined;

/**
 * A method that changes nothing, as a query of the service's contract. What the class is injected as goes on to be called as before.
 *
 * @example
 * ```ts
 * class LoansService {
 *   @QueryOperation({ reads: 'any' })
 *   async findOpen(userId: number): Promise<Order[]> {
 *     return [];
 *   }
 * }
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a decorator is made before its method is seen
export const QueryOperation = (options: QueryMethod<any[]> = {}): OperationDecorator =>
  decorated({ kind: 'query', ...options });

/**
 * A method that is one transaction, as a command of the service's contract: done once, at the owner of its key.
 *
 * @example
 * ```ts
 * class LoansService {
 *   @CommandOperation({ key: (id: string) => id })
 *   async end(id: string): Promise<void> {}
 * }
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a decorator is made before its method is seen
export const CommandOperation = (options: CommandMethod<any[]> = {}): OperationDecorator =>
  decorated({ kind: 'command', ...options });

/**
 * A public method that is for the service itself. No caller reaches it, no event and no clock.
 *
 * @example
 * ```ts
 * class LoansService {
 *   @Internal()
 *   labelOf(id: string): string {
 *     return `loan ${id}`;
 *   }
 * }
 * ```
 */
export const Internal = (): MethodDecorator => decorated({ kind: 'internal' });
