import type { Provider, Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { handlersBehind } from '../calls/services/handlers.js';
import type { ServiceContract } from '../contract/service-contract.js';
import { membersOf } from '../contract/service-methods.js';
import { StartError } from '../operate/health/start-error.js';

/** Where the service itself is; its class leads to the stand-in. */
const servedToken = (contract: ServiceContract): string => `Served(${contract.name})`;

/** Where its operations are. */
export const handlersToken = (contract: ServiceContract): string => `Handlers(${contract.name})`;

/** The service itself, and its operations. */
export function serviceProviders(contract: ServiceContract): Provider[] {
  return [
    { provide: servedToken(contract), useClass: unheard(contract) },
    {
      provide: handlersToken(contract),
      useFactory: (service: object) => handlersBehind(contract, service),
      inject: [servedToken(contract)],
    },
  ];
}

/**
 * The service as a class in which events and clocks find nothing: they would call it past its port, beside the stand-in. Nest finds what its
 * constructor takes, as that of any class which extends another.
 */
function unheard({ service }: ServiceContract): Type {
  const Unheard = { [service.name]: class extends (service as Type<object>) {} }[
    service.name
  ] as Type<object>;
  for (const [name, { value }] of membersOf(service)) {
    if (typeof value !== 'function' || Reflect.getMetadataKeys(value as object).length === 0) continue;
    const method = value as (...given: unknown[]) => unknown;
    Object.defineProperty(Unheard.prototype, name, {
      value(this: unknown, ...given: unknown[]) {
        return method.apply(this, given);
      },
      ...{ configurable: true, writable: true },
    });
  }
  return Unheard;
}

/** @throws when a service is not alone under its class, or lives as long as a request. All providers are known by then. */
export function assertServable(contract: ServiceContract, modules: ModulesContainer): void {
  const { service } = contract;
  for (const { metatype, providers } of modules.values()) {
    if (providers.get(servedToken(contract))?.isDependencyTreeStatic() === false)
      throw new StartError(
        `${service.name} lives as long as a request, or injects what does: nobody on the other side has that request. Give its methods what they need of it`,
      );
    if (providers.get(service as Type)?.metatype === service)
      throw new StartError(
        `${metatype.name} provides ${service.name} itself, past its port: take it out of its providers, and of its exports`,
      );
  }
}
