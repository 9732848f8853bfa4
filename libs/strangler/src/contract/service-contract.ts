import { Allow, ArrayMaxSize, IsArray } from 'class-validator';
import { Codec, type DataClass, type Wire } from './codec.js';
import { contract, type Contract, type Ownership } from './contract.js';
import type { Operation } from './operation-kinds.js';
import { Masked, Secret } from './fields.js';
import type { MethodOperation, QueryMethod } from './service-decorators.js';
import { saidOf, type WrittenOperations } from './service-methods.js';
import { problemsOf } from './service-problems.js';

/** A class that is injected. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Nest finds what its constructor takes
export type ServiceClass<S extends object = object> = abstract new (...given: any[]) => S;

/** What a method is given, as it crosses. */
export class ServiceCall {
  @Masked() @IsArray() @ArrayMaxSize(100) given: Wire[];
}

/** The same, of one that takes a secret. */
export class SecretServiceCall {
  @Secret() @IsArray() @ArrayMaxSize(100) given: Wire[];
}

/** What a method answers, as it crosses: null, a list and nothing at all are answers. */
export class ServiceAnswer {
  @Masked() @Allow() answer: Wire;
}

/** The code under which an exception of HTTP, or an error of a declared class, crosses. */
export const thrownCode = 'thrown';

/** What lives in its process alone. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any function at all
type Live = ((...given: any[]) => unknown) | AbortSignal | { pipe: unknown } | { getRepository: unknown };

/** Whether one of these lives in its process alone. `any` says nothing. */
type HasLive<T> = 0 extends 1 & T ? false : [Extract<T, Live>] extends [never] ? false : true;

/** Methods of `S` that answer a promise, and take nothing that lives in its process alone. */
type CrossingName<S> = {
  [K in keyof S]: S[K] extends (...given: infer A) => Promise<unknown>
    ? HasLive<A[number]> extends true
      ? never
      : K
    : never;
}[keyof S] &
  string;

type Given<M> = M extends (...given: infer A) => unknown ? A : never;

/** Which methods of a service others may call. */
type ServiceOperations<S extends object> = {
  [K in CrossingName<S>]?: 'query' | 'command' | MethodOperation<Given<S[K]>>;
};

/**
 * What a class does not say by itself.
 *
 * @example
 * ```ts
 * const options: ServiceContractOptions<SessionsService> = {
 *   ownership: 'by-key',
 *   classes: [Session],
 *   operations: { revoke: { kind: 'command', key: (id) => id }, findActive: { kind: 'query', key: (userId) => userId } },
 * };
 * ```
 */
export interface ServiceContractOptions<S extends object> {
  /** Left out: `whole`, which holds wherever ids come from a sequence. */
  ownership?: Ownership;
  /** Classes whose instances its methods are given and answer: they arrive as what they are, with their methods and their `@Exclude`. */
  classes?: readonly DataClass[];
  /** Beside the methods that have decorators. */
  operations?: ServiceOperations<S>;
}

/**
 * The contract of a service behind its own class. To all but who injects it, it is a contract as any other.
 *
 * @example
 * ```ts
 * const behind: ServiceContract = sessions;
 * StranglerModule.forRoot({ side: 'monolith', contracts: [behind, orders] });
 * ```
 */
export interface ServiceContract<N extends string = string, S extends object = object> extends Contract<N> {
  readonly service: ServiceClass<S>;
  readonly codec: Codec;
}

/** Whether a contract is one of a service class. */
export const isServiceContract = (contract: Contract): contract is ServiceContract =>
  'service' in contract && 'codec' in contract;

/**
 * Makes a contract of a service class that others inject: they go on to inject it, and their calls go to where the module is served. Its
 * methods are told apart by decorators, or by `operations` where the class is to stay as it is. All others are refused.
 * @throws when something of the class cannot cross, with all that has to be changed.
 *
 * @example
 * ```ts
 * class PlainSessionsService {
 *   async findActive(userId: number): Promise<Session[]> {
 *     return [];
 *   }
 *   async revoke(id: string): Promise<void> {}
 * }
 * const plain = serviceContract('sessions', PlainSessionsService, {
 *   classes: [Session],
 *   operations: { findActive: 'query', revoke: { kind: 'command', key: (id) => id } },
 * });
 * ```
 */
export function serviceContract<const N extends string, S extends object>(
  name: N,
  service: ServiceClass<S>,
  { ownership = 'whole', classes = [], operations = {} }: ServiceContractOptions<S> = {},
): ServiceContract<N, S> {
  const codec = new Codec(classes);
  const written = operations as WrittenOperations;
  const said = saidOf(service, written);
  const problems = problemsOf(service, said, written, codec);
  if (problems.length > 0)
    throw new Error(`${name} cannot be served behind ${service.name}:\n- ${problems.join('\n- ')}`);
  const declared = Object.fromEntries(
    [...said].flatMap(([method, how]) =>
      how.kind === 'internal' ? [] : [[method, operationOf(how, codec)] as const],
    ),
  );
  return { ...contract(name, { ownership, operations: declared }), service, codec };
}

function operationOf(said: MethodOperation<unknown[]>, codec: Codec): Operation {
  const { key, timeoutMs, secret } = said;
  return {
    kind: said.kind,
    input: secret ? SecretServiceCall : ServiceCall,
    output: ServiceAnswer,
    errors: [thrownCode],
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(key && { key: ({ given }: ServiceCall) => keyText(key(...(codec.decode(given) as unknown[]))) }),
    ...(said.kind === 'query' && ofQuery(said)),
  } as Operation;
}

/** Of a key that is missing every call would be one owner's. */
function keyText(key: string | number): string {
  if (typeof key === 'string' || Number.isSafeInteger(key)) return String(key);
  throw new TypeError(`${String(key)} is no routing key: it has to be text or an integer`);
}

const ofQuery = ({ reads, volatile }: QueryMethod<unknown[]>) => ({
  ...(reads && { reads }),
  ...(volatile && { volatile: volatile.map((path) => `answer.${path}`) }),
});
