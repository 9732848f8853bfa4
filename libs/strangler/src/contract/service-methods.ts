import 'reflect-metadata';
import { decoratedAs, type Decorated, type MethodOperation } from './service-decorators.js';

/** Operations as they are written beside the class. */
export type WrittenOperations = Readonly<Record<string, 'query' | 'command' | MethodOperation<unknown[]>>>;

/** What has a prototype whose methods are called. */
export interface ClassLike {
  readonly name: string;
  readonly prototype: object;
}

/** Methods and accessors of a class and of those that it extends, the nearest of each name. */
export function membersOf({ prototype }: ClassLike): ReadonlyMap<string, PropertyDescriptor> {
  const members = new Map<string, PropertyDescriptor>();
  for (let from = prototype; from !== Object.prototype; from = Object.getPrototypeOf(from) as object) {
    for (const [name, member] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (name !== 'constructor' && !members.has(name)) members.set(name, member);
  }
  return members;
}

/** What the contract says of methods, by their names: decorators, and what is written beside the class. */
export function saidOf(service: ClassLike, operations: WrittenOperations): ReadonlyMap<string, Decorated> {
  const said = new Map<string, Decorated>();
  for (const name of membersOf(service).keys()) {
    const decorated = decoratedAs(service.prototype, name);
    if (decorated) said.set(name, decorated);
  }
  for (const [name, written] of Object.entries(operations))
    said.set(name, typeof written === 'string' ? { kind: written } : written);
  return said;
}
