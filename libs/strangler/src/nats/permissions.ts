import type { Contract } from '../contract/contract.js';
import { isSubscribed } from '../contract/event.js';
import { makingStream, readerUser, tellingStream } from './event-permissions.js';
import type { EventStreamOptions } from './event-stream-options.js';
import type { Subjects } from './subjects.js';

/**
 * What one user of NATS may say and hear, as patterns of subjects. Whom he is asked by he may answer, once, besides.
 *
 * @example
 * ```ts
 * const text = ({ name, publish, subscribe }: NatsUser) => `${name}: says ${publish.join(' ')}, hears ${subscribe.join(' ')}`;
 * ```
 */
export interface NatsUser {
  name: string;
  publish: readonly string[];
  subscribe: readonly string[];
}

/** The operations of other modules that a module calls, by their module. */
export type Called = Readonly<Record<string, readonly string[]>>;

/**
 * Who connects for the monolith; the others have the name of their module.
 *
 * @example
 * ```ts
 * const nats: NatsOptions = { connection: 'nats://localhost:4222', user: monolithUser };
 * ```
 */
export const monolithUser = 'monolith';

/**
 * Who connects, of one shop: one for the monolith, which steers and so may do all in the shop's namespace, one for the service
 * of each module, which may do what it is there for, and one for each program that only calls. Their names begin with the namespace.
 *
 * @param calls by module; the commands that take a called one back are added
 * @param callers the same, by the name of a program that carries no module: a gateway
 * @param eventStream where outsiders are told of events: each of its readers is a user, who may read what is for him and nothing else
 * @throws {Error} when a module has the name of the monolith, or of such a program; or a reader that of any of these
 *
 * @example
 * ```ts
 * const users = natsPermissions(new Subjects('shop'), contracts, { orders: { sessions: ['findActive'] } });
 * ```
 */
export function natsPermissions(
  subjects: Subjects,
  contracts: readonly Contract[],
  calls: Readonly<Record<string, Called>>,
  callers: Readonly<Record<string, Called>> = {},
  eventStream?: EventStreamOptions,
): NatsUser[] {
  const taken = contracts.find(({ name }) => name === monolithUser || name in callers);
  if (taken) throw new Error(`no module can have the name ${taken.name}`);
  const { name: stream, readers = {} } = eventStream ?? {};
  const names = new Set([monolithUser, ...contracts.map(({ name }) => name), ...Object.keys(callers)]);
  const doubled = Object.keys(readers).find((name) => names.has(name));
  if (doubled !== undefined) throw new Error(`no reader of events can have the name ${doubled}`);
  const services = contracts.map((contract) => {
    const user = serviceUser(subjects, contract.name, contracts, calls[contract.name] ?? {});
    const tells = stream !== undefined && contract.events.length > 0;
    return tells ? saying(user, tellingStream(subjects, stream, contract.name)) : user;
  });
  const others = Object.entries(callers).map(([name, called]) =>
    callerUser(subjects, name, contracts, called),
  );
  if (stream === undefined) return [monolith(subjects), ...services, ...others];
  const outsiders = Object.keys(readers).map((reader) => readerUser(subjects, stream, reader));
  return [saying(monolith(subjects), makingStream(stream)), ...services, ...others, ...outsiders];
}

const saying = (user: NatsUser, more: readonly string[]): NatsUser => ({
  ...user,
  publish: [...user.publish, ...more],
});

const monolith = (subjects: Subjects): NatsUser => ({
  name: subjects.userOf(monolithUser),
  publish: [`${subjects.namespace}.>`],
  subscribe: [`${subjects.namespace}.>`, '$SRV.>', `${subjects.inboxOf(monolithUser)}.>`],
});

/** It is told routes, calls, hears answers, and is asked how its calls went. */
const callerUser = (
  subjects: Subjects,
  name: string,
  contracts: readonly Contract[],
  called: Called,
): NatsUser => ({
  name: subjects.userOf(name),
  publish: [
    ...callsOf(subjects, contracts, called),
    subjects.routesGet('*'),
    subjects.routeOf('*', '*'),
    subjects.keysOffered(name, '*'),
    subjects.keysTold(name, '*'),
  ],
  subscribe: [
    subjects.routesChanged('>'),
    subjects.callsReported(name, { shop: '*', database: '>' }),
    `${subjects.inboxOf(name)}.>`,
  ],
});

function serviceUser(
  subjects: Subjects,
  module: string,
  contracts: readonly Contract[],
  called: Called,
): NatsUser {
  const here = { module, side: 'extracted', database: '>' } as const;
  const there = { module, side: 'monolith', database: '>' } as const;
  return {
    name: subjects.userOf(module),
    publish: [
      ...callsOf(subjects, contracts, called),
      ...resultsOf(subjects, contracts, module),
      ...subscriptionsOf(subjects, contracts, module),
      subjects.replicate(there),
      subjects.copies(here),
      subjects.routesGet('*'),
      subjects.routeOf('*', '*'),
      subjects.keysOffered(module, '*'),
      subjects.keysTold(module, '*'),
    ],
    subscribe: [
      subjects.calls(here),
      subjects.control(here),
      subjects.copies(here),
      subjects.replicate(here),
      subjects.routesChanged('>'),
      // Of its own module alone, whatever it may say of others.
      subjects.routeOf(module, '*'),
      subjects.keysTold('*', '*'),
      ...microService(module),
      `${subjects.inboxOf(module)}.>`,
    ],
  };
}

/**
 * As a micro service it says what it is when it is asked, and nobody else for it. Not with `*` for the verb: a server takes
 * the subscription `$SRV.>` for a subject that `$SRV.*` allows.
 */
const microService = (module: string): string[] =>
  ['PING', 'INFO', 'STATS'].flatMap((verb) => [
    `$SRV.${verb}`,
    `$SRV.${verb}.${module}`,
    `$SRV.${verb}.${module}.>`,
  ]);

/** Calls of these operations, on whichever side and database. */
const callsOf = (subjects: Subjects, contracts: readonly Contract[], called: Called): string[] =>
  contracts.flatMap(({ name, operations }) => {
    const names = called[name] ?? [];
    const undone = names.flatMap((each) => {
      const operation = operations[each];
      return operation?.kind === 'command' && operation.undo !== undefined ? [operation.undo] : [];
    });
    const to = { module: name, side: '*', database: '*' } as const;
    return [...new Set([...names, ...undone])].map((each) => subjects.rpc(to, each));
  });

/** Who tells something calls those who wait for it, on whichever side and database. */
const subscriptionsOf = (subjects: Subjects, contracts: readonly Contract[], module: string): string[] =>
  contracts.flatMap(({ name, operations }) =>
    Object.entries(operations).flatMap(([operation, declared]) =>
      isSubscribed(declared, module)
        ? [subjects.rpc({ module: name, side: '*', database: '*' }, operation)]
        : [],
    ),
  );

/** The key of a call outside may have moved to the monolith before its result is there, or before it is taken back. */
const resultsOf = (subjects: Subjects, contracts: readonly Contract[], module: string): string[] => {
  const operations = Object.values(contracts.find(({ name }) => name === module)?.operations ?? {});
  const names = operations.flatMap((each) =>
    each.kind === 'command' && each.result !== undefined ? [each.result, each.undo ?? each.result] : [],
  );
  const to = { module, side: 'monolith', database: '*' } as const;
  return [...new Set(names)].map((each) => subjects.rpc(to, each));
};
