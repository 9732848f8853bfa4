import type { Provider } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { handlersBehind } from '../calls/services/handlers.js';
import { standInFor } from '../calls/services/stand-in.js';
import { portToken, type CallOptions, type Port } from '../calls/ports.js';
import type { Api, Contract } from '../contract/contract.js';
import { DomainError, isDomainError, transportCodes } from '../contract/errors.js';
import { prepare, type PreparedOperation } from '../contract/operation.js';
import { isServiceContract, type ServiceContract } from '../contract/service-contract.js';

/**
 * What a test answers in the place of a module: some of its operations, or of its service's methods.
 *
 * @example
 * ```ts
 * const answers: Answers<typeof orders> = { get: ({ id }) => ({ id, sku: 'A', quantity: 1, status: 'placed' }) };
 * ```
 */
export type Answers<C extends Contract> =
  C extends ServiceContract<string, infer S>
    ? { [K in keyof S]?: S[K] }
    : { [K in keyof C['operations'] & string]?: (input: InputIn<C, K>) => Answer<OutputIn<C, K>> };

type InputIn<C extends Contract, K extends keyof C['operations']> = Parameters<Api<C>[K]>[0];
type OutputIn<C extends Contract, K extends keyof C['operations']> = Awaited<ReturnType<Api<C>[K]>>;
type Answer<T> = T | Promise<T>;

/**
 * A call that a fake was asked.
 *
 * @example
 * ```ts
 * const call: FakeCall = { operation: 'get', input: { id: '7' }, commandId: undefined };
 * ```
 */
export interface FakeCall {
  readonly operation: string;
  /** As the module would have had it; of a service's method: `{ given }`, as it crosses. */
  readonly input: unknown;
  readonly commandId: string | undefined;
}

/**
 * A module that is not there, for the test of what calls it.
 *
 * @example
 * ```ts
 * const fake: Fake<typeof sessions> = fakeOf(sessions, { findActive: async () => [] });
 * ```
 */
export interface Fake<C extends Contract> {
  readonly contract: C;
  readonly port: Port<C>;
  /** Who injects the port gets the fake; who injects the service's class, too. */
  readonly providers: Provider[];
  /** All calls, in their order. */
  readonly calls: readonly FakeCall[];
}

/**
 * A module that answers what a test says, held to its contract: inputs are checked as ever, a command that comes again under its id is
 * answered from the first time, and an answer or an error that the contract does not allow fails the test.
 *
 * @example
 * ```ts
 * const fake = fakeOf(orders, { get: ({ id }) => ({ id, sku: 'A', quantity: 1, status: 'placed' }) });
 * const app = await NestFactory.createApplicationContext({
 *   module: SessionsModule,
 *   providers: [SessionsController, ...fake.providers],
 * });
 * expect(fake.calls).toEqual([]);
 * ```
 */
export function fakeOf<C extends Contract>(contract: C, answers: Answers<C>): Fake<C> {
  const calls: FakeCall[] = [];
  const done = new Map<string, { use: unknown; answer: Promise<unknown> }>();
  const handlers = handlersIn(contract, answers);
  const once = (operation: PreparedOperation, input: unknown, commandId: string | undefined) => {
    if (commandId === undefined || operation.kind === 'query') return answered(operation, handlers, input);
    const use = [operation.name, operation.input.identity(input)];
    const before = done.get(commandId);
    if (before && !isDeepStrictEqual(before.use, use)) throw new DomainError('idempotency_key_reused');
    const answer = before?.answer ?? answered(operation, handlers, input);
    done.set(commandId, { use, answer });
    // A refused command has taken no effect: it may come again.
    answer.catch(() => done.delete(commandId));
    return answer;
  };
  const call = async (operation: PreparedOperation, given: unknown, { commandId }: CallOptions) => {
    const input = operation.input.parse(given);
    operation.keysOf(input);
    calls.push({ operation: operation.name, input, commandId });
    return once(operation, input, commandId);
  };
  const methods = [...prepare(contract)].map(([name, operation]) => [
    name,
    (input: unknown, options: CallOptions = {}) => call(operation, input, options),
  ]);
  const port = Object.fromEntries(methods) as Port<C>;
  const providers: Provider[] = [{ provide: portToken(contract), useValue: port }];
  if (isServiceContract(contract))
    providers.push({ provide: contract.service, useValue: standInFor(contract, { call }) });
  return { contract, port, providers, calls };
}

type Handlers = Readonly<Record<string, ((input: unknown) => unknown) | undefined>>;

function handlersIn(contract: Contract, answers: object): Handlers {
  if (!isServiceContract(contract)) return answers as Handlers;
  const behind = handlersBehind(contract, answers);
  return Object.fromEntries(Object.keys(answers).map((name) => [name, behind[name]]));
}

async function answered(operation: PreparedOperation, handlers: Handlers, input: unknown): Promise<unknown> {
  const { module, name } = operation;
  const what = `the fake of ${module}.${name}`;
  const handler = handlers[name];
  if (!handler) throw new Error(`${what} has no answer: give it one, fakeOf(${module}, { ${name}: … })`);
  let answer: unknown;
  try {
    answer = await handler(input);
  } catch (error) {
    if (!isDomainError(error) || isOpen(operation, error.code)) throw error;
    throw new Error(`${what} throws ${error.code}, which its contract does not declare`, { cause: error });
  }
  try {
    return operation.output.parse(answer);
  } catch (error) {
    throw new Error(`${what} answers what its contract does not allow: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const isOpen = (operation: PreparedOperation, code: string): boolean =>
  operation.declares(code) || (transportCodes as readonly string[]).includes(code);
