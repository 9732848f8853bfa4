import 'reflect-metadata';
import { prepare, type PreparedOperation } from '../../contract/operation.js';
import type { ServiceAnswer, ServiceContract } from '../../contract/service-contract.js';
import { decoratedAs } from '../../contract/service-decorators.js';
import { membersOf } from '../../contract/service-methods.js';
import type { Router } from '../router.js';
import { fromDomainError } from './thrown.js';

/** What Nest calls of a provider by itself. The service has its own. */
const hooks = [
  ...['onModuleInit', 'onApplicationBootstrap', 'onModuleDestroy'],
  ...['beforeApplicationShutdown', 'onApplicationShutdown'],
];

/**
 * What callers get in the place of a service: its methods, each of which sends its call to where the module is served. Nothing reaches the
 * service itself: what the contract does not declare is refused, with what to do.
 */
export function standInFor<S extends object>(
  contract: ServiceContract<string, S>,
  router: Pick<Router, 'call'>,
): S {
  const { service } = contract;
  const operations = prepare(contract);
  const standIn = Object.create(service.prototype as object) as S;
  for (const [name, { value }] of membersOf(service)) {
    const operation = operations.get(name);
    if (hooks.includes(name)) define(standIn, name, { value: undefined });
    else if (operation)
      define(standIn, name, { value: heardAs(value as object, sender(contract, operation, router)) });
    else if (typeof value === 'function') define(standIn, name, { value: () => refuse(contract, name) });
    else define(standIn, name, { get: () => refuse(contract, name), set: () => refuse(contract, name) });
  }
  return standIn;
}

/** As methods are: a test may put another in its place. */
const define = (target: object, name: string, member: PropertyDescriptor): unknown =>
  Object.defineProperty(target, name, {
    configurable: true,
    ...('value' in member && { writable: true }),
    ...member,
  });

function refuse({ name: module, service }: ServiceContract, method: string): never {
  const what = `${service.name}.${method}`;
  throw new Error(
    decoratedAs(service.prototype as object, method)?.kind === 'internal'
      ? `${what} is @Internal(): the service alone calls it`
      : `${what} is not declared, so nobody outside of ${module} can call it: make it a query or a command of its contract (@QueryOperation, @CommandOperation, or operations of serviceContract)`,
  );
}

function sender(contract: ServiceContract, operation: PreparedOperation, router: Pick<Router, 'call'>) {
  const { codec } = contract;
  const place = `what ${contract.service.name}.${operation.name} is given`;
  return async (...given: unknown[]): Promise<unknown> => {
    const call = { given: codec.encode(given, place) };
    try {
      const { answer } = (await router.call(operation, call, {})) as ServiceAnswer;
      return codec.decode(answer);
    } catch (error) {
      throw fromDomainError(error, contract);
    }
  };
}

/** With what decorators have left on the method: by that events and clocks find it. */
function heardAs<F extends object>(method: object, instead: F): F {
  for (const key of Reflect.getMetadataKeys(method) as unknown[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), instead);
  return instead;
}
