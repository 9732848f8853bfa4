import { isDeepStrictEqual } from 'node:util';
import type {
  Description,
  EventDescription,
  ModuleDescription,
  OperationDescription,
} from './description.js';
import { apart, fieldsWithout, fieldIn, itemsOf, propertiesOf, refusals } from './refusals.js';
import type { JsonSchema } from './json-schema.js';

/** What differs between two releases of the contracts. */
export interface ContractChange {
  /** `parcels.send`, `parcels.sent`, or a module. */
  readonly of: string;
  /** In words. */
  readonly what: string;
  /** Whether somebody who knows the release before cannot go on. */
  readonly breaking: boolean;
  /** Whom it concerns: names of modules and programs. */
  readonly consumers: readonly string[];
}

/** Whoever reads the events of the shop in JetStream: nobody knows them. */
const outsiders = 'whoever reads EVENTS';

/**
 * What has changed since a release, and whom that breaks. Both releases run beside each other, and events of the one before stay in the log. So
 * what is given to an operation may not be refused that was taken; an answer and an event have what they had, and say nothing that their readers
 * do not know; and an event of before is still understood. The directions are those of subtypes (Liskov); the list of what breaks follows
 * Buf's and Pact's.
 */
export function changesOf(released: Description, now: Description): ContractChange[] {
  return Object.entries(released.modules).flatMap(([name, before]) => {
    const after = now.modules[name];
    const who = consumersIn(released, now, name);
    if (!after) return [{ of: name, what: 'the module is gone', breaking: true, consumers: who.ofModule() }];
    return [
      ...ofOwnership(name, before, after),
      ...ofOperations(name, before, after, who),
      ...ofEvents(before, after, who),
    ];
  });
}

interface Consumers {
  ofModule(): string[];
  ofOperation(operation: string): string[];
  ofEvent(type: string): string[];
}

/** Who calls, and who is called for an event: by either release. */
function consumersIn(released: Description, now: Description, module: string): Consumers {
  const called = [released, now].flatMap(({ callers }) =>
    Object.entries(callers).map(([caller, of]) => [caller, of[module] ?? []] as const),
  );
  const subscribed = [released, now].flatMap(({ modules }) =>
    Object.entries(modules).flatMap(([name, { operations }]) =>
      Object.values(operations).map(({ on }) => [name, on] as const),
    ),
  );
  const unique = (names: readonly (readonly [string, unknown])[]) =>
    [...new Set(names.map(([name]) => name))].sort();
  return {
    ofModule: () => unique(called.filter(([, operations]) => operations.length > 0)),
    ofOperation: (operation) => unique(called.filter(([, operations]) => operations.includes(operation))),
    ofEvent: (type) => [...unique(subscribed.filter(([, on]) => on === type)), outsiders],
  };
}

/** Of two processes one would call a key its own, and the other one would, too. */
const ofOwnership = (name: string, before: ModuleDescription, after: ModuleDescription): ContractChange[] =>
  before.ownership === after.ownership
    ? []
    : [
        {
          of: name,
          what: `is owned ${after.ownership}, and was ${before.ownership}`,
          breaking: true,
          consumers: [name],
        },
      ];

function ofOperations(
  module: string,
  before: ModuleDescription,
  after: ModuleDescription,
  who: Consumers,
): ContractChange[] {
  const gone = Object.keys(before.operations).flatMap((name) => {
    const [old, own] = [before.operations[name]!, after.operations[name]];
    // Whoever delivers calls the subscriptions that there are.
    if (old.on !== undefined) return [];
    const consumers = who.ofOperation(name);
    const of = `${module}.${name}`;
    if (!own) return [{ of, what: 'is gone', breaking: true, consumers }];
    return ofOperation(old, own).map(({ itself, ...change }) => ({
      ...{ of, ...change },
      consumers: itself ? [module, ...consumers] : consumers,
    }));
  });
  return [
    ...gone,
    ...added(before.operations, after.operations, (name) => `${module}.${name}`, newOperation),
  ];
}

type Change = Pick<ContractChange, 'what' | 'breaking'> & { itself?: true };
const breaking = (what: string): Change => ({ what, breaking: true });
const fine = (what: string): Change => ({ what, breaking: false });

function ofOperation(before: OperationDescription, after: OperationDescription): Change[] {
  const [codes, newCodes] = [without(before.errors, after.errors), without(after.errors, before.errors)];
  return [
    ...(before.kind === after.kind ? [] : [breaking(`is a ${after.kind}, and was a ${before.kind}`)]),
    ...(includes(after.who, before.who) ? [] : [breaking(`is for ${after.who}, and was for ${before.who}`)]),
    ...ofKey(before.key, after.key),
    ...refusals(before.input, after.input).map(({ path, why }) => breaking(`input ${path} ${why}`)),
    ...fieldsWithout(after.input, before.input).map((path) => fine(`input ${path} is new`)),
    ...ofRead('output', before.output, after.output),
    ...codes.map((code) => breaking(`no longer answers ${code}`)),
    ...newCodes.map((code) => fine(`may answer ${code}`)),
  ];
}

function ofEvents(before: ModuleDescription, after: ModuleDescription, who: Consumers): ContractChange[] {
  const changed = Object.entries(before.events).flatMap(([of, old]) => {
    const own = after.events[of];
    const consumers = who.ofEvent(of);
    if (!own) return [{ of, what: 'is not told any more', breaking: true, consumers }];
    return ofEvent(old, own).map(({ what, breaking }) => ({ of, what, breaking, consumers }));
  });
  return [
    ...changed,
    ...added(
      before.events,
      after.events,
      (type) => type,
      () => 'is a new event',
    ),
  ];
}

/** An event is read by who knows the one release, and by who knows the other. */
function ofEvent(before: EventDescription, after: EventDescription): Change[] {
  const old = refusals(before.data, after.data);
  return [
    ...ofKey(before.key, after.key),
    ...ofRead('data', before.data, after.data),
    ...old.map(({ path, why }) => breaking(`data ${path} ${why}: events of before are in the log`)),
  ];
}

/** Both releases run side by side: a key that each makes in its own way has two owners, or two orders. */
const ofKey = (before: readonly string[] | null, after: readonly string[] | null): Change[] =>
  isDeepStrictEqual(before, after)
    ? []
    : [{ ...breaking(`has the key ${spelt(after)}, and had ${spelt(before)}`), itself: true }];

const spelt = (key: readonly string[] | null): string => (key === null ? 'none' : key.join(' + '));

/** What somebody reads: it has what it had, and nothing that its reader would not take. */
function ofRead(where: string, before: JsonSchema, after: JsonSchema): Change[] {
  const gone = fieldsWithout(before, after);
  const wider = refusals(after, before).filter(({ path }) => !gone.includes(path));
  return [
    ...gone.map((path) => breaking(`${where} ${path} is gone`)),
    ...wider.map(({ path, why }) =>
      breaking(
        `${where} ${path} may be what readers of the release before do not know: there it ${readerOf(why)}`,
      ),
    ),
    ...valuesGone(before, after).map((text) => breaking(`${where} ${text}`)),
    ...fieldsWithout(after, before).map((path) => fine(`${where} ${path} is new`)),
  ];
}

/** What a value of now is refused for, said of the release before. */
const readerOf = (why: string): string =>
  why
    .replace('may no longer be', 'may not be')
    .replace('is no longer', 'is not')
    .replace(/, and (was|had) .*$/, '');

/** Who waits for a value that never comes waits for ever. */
function valuesGone(before: JsonSchema, after: JsonSchema, path = ''): string[] {
  const [old, own] = [apart(before).schema, apart(after).schema];
  if (old['type'] === 'array') return valuesGone(itemsOf(old), itemsOf(own), fieldIn(path, '*'));
  const values = (old['enum'] ?? []) as readonly unknown[];
  const left = (own['enum'] ?? values) as readonly unknown[];
  const inside = Object.entries(propertiesOf(old)).flatMap(([name, schema]) =>
    valuesGone(schema, propertiesOf(own)[name] ?? {}, fieldIn(path, name)),
  );
  return [...without(values, left).map((value) => `${path} is never ${String(value)} any more`), ...inside];
}

const without = <T>(all: readonly T[], some: readonly T[]): T[] => all.filter((each) => !some.includes(each));

/** A subscription may have the name of an event. */
const newOperation = ({ kind, on }: OperationDescription): string =>
  on === undefined ? `is a new ${kind}` : `is a new subscription to ${on}`;

const added = <T>(
  before: Readonly<Record<string, T>>,
  after: Readonly<Record<string, T>>,
  of: (name: string) => string,
  what: (added: T) => string,
): ContractChange[] =>
  without(Object.keys(after), Object.keys(before)).map((name) => ({
    ...{ of: of(name), what: what(after[name]!), breaking: false, consumers: [] },
  }));

const mayAsk: Readonly<Record<string, readonly string[]>> = {
  anyone: ['anyone', 'self', 'viewer', 'admin', 'internal'],
  viewer: ['viewer', 'admin', 'internal'],
  self: ['self', 'admin', 'internal'],
  admin: ['admin', 'internal'],
  internal: ['internal'],
};
const includes = (now: string, before: string): boolean => mayAsk[now]?.includes(before) === true;
