import 'reflect-metadata';
import { privateReach } from './class-source.js';
import type { Codec, DataClass } from './codec.js';
import { decoratedAs, type Decorated } from './service-decorators.js';
import { membersOf, type ClassLike, type WrittenOperations } from './service-methods.js';

/** Types of TypeScript that say nothing against a value, as decorators record them. */
const carried = new Set<unknown>([
  ...[undefined, Object, String, Number, Boolean, BigInt],
  ...[Array, Date, Map, Set, Buffer, Uint8Array],
]);

/** What keeps a service from being called through its class, in sentences that say what to do. */
export function problemsOf(
  service: ClassLike,
  said: ReadonlyMap<string, Decorated>,
  operations: WrittenOperations,
  codec: Codec,
): string[] {
  const members = membersOf(service);
  const problems = [...said].flatMap(([name, { kind }]) => {
    if (kind === 'internal') return [];
    const problem =
      problemOfTwice(service, name, operations) ??
      problemOfMember(members.get(name)) ??
      problemOfTypes(service, name, codec);
    return problem === undefined ? [] : [`${service.name}.${name} ${problem}`];
  });
  for (const [name, { value }] of members) {
    if (said.has(name) || !isHeard(value)) continue;
    problems.push(
      `${service.name}.${name} has decorators, by which something else calls it (an event, a clock): declare it as a query or a command, or as @Internal() if nobody does`,
    );
  }
  if (![...said.values()].some(({ kind }) => kind !== 'internal'))
    problems.push(`${service.name} has no method that others may call: declare its queries and commands`);
  const reached = privateReach(service);
  if (reached !== undefined)
    problems.push(
      `${service.name} reaches #${reached} of an object that need not be itself; others have a stand-in, without it: make it private`,
    );
  return problems;
}

const problemOfTwice = (
  { prototype }: ClassLike,
  name: string,
  operations: WrittenOperations,
): string | undefined =>
  Object.hasOwn(operations, name) && decoratedAs(prototype, name)
    ? 'is declared by a decorator and in operations: leave one'
    : undefined;

function problemOfMember(member: PropertyDescriptor | undefined): string | undefined {
  if (!member) return 'is no method of the class: write it as one, not as a function in a field';
  if (typeof member.value !== 'function')
    return 'is an accessor, and callers cannot wait for it: make it an async method';
  return /Generator/.test((member.value as object).constructor.name)
    ? 'answers bit by bit, as a stream does: let it answer a list, or a page of one'
    : undefined;
}

/** Where a method has decorators TypeScript has recorded its types. */
function problemOfTypes({ prototype }: ClassLike, name: string, codec: Codec): string | undefined {
  const answers = Reflect.getMetadata('design:returntype', prototype, name) as { name: string } | undefined;
  if (answers !== undefined && answers !== Promise && (answers as unknown) !== Object)
    return `answers ${answers.name} at once, and callers have to wait: make it async`;
  const given = (Reflect.getMetadata('design:paramtypes', prototype, name) ?? []) as (
    DataClass | undefined
  )[];
  const odd = given.find((type) => !carried.has(type) && !codec.classes.includes(type!));
  if (!odd) return undefined;
  const what = (odd as unknown) === Function ? 'a function' : odd.name;
  return `takes ${what}, which cannot cross: if it is data, name its class in classes; else give what the method needs of it`;
}

/** Whether others than TypeScript and this package have left something on a method. */
const isHeard = (method: unknown): boolean =>
  typeof method === 'function' &&
  Reflect.getMetadataKeys(method).some((key) => !String(key).startsWith('design:'));
