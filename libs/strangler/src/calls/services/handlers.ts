import type { ServiceCall, ServiceContract } from '../../contract/service-contract.js';
import type { Handler } from '../executor.js';
import { toDomainError } from './thrown.js';

type Service = Readonly<Record<string, (...given: unknown[]) => unknown>>;

/** The operations of a service contract, carried out by the service itself: what it calls by `this` is its own, in the same transaction. */
export function handlersBehind(
  contract: ServiceContract,
  service: object,
): Readonly<Record<string, Handler>> {
  const handle = (name: string) => async (input: unknown) => {
    const given = contract.codec.decode((input as ServiceCall).given) as unknown[];
    try {
      const answer = await (service as Service)[name]!(...given);
      return { answer: contract.codec.encode(answer, `the answer of ${contract.name}.${name}`) };
    } catch (error) {
      throw toDomainError(error, contract);
    }
  };
  return Object.fromEntries(Object.keys(contract.operations).map((name) => [name, handle(name)]));
}
