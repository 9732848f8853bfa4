import type { Contract, Ownership } from '../contract/contract.js';
import type { EventType } from '../contract/event.js';
import { prepare, type PreparedOperation } from '../contract/operation.js';
import type { Operation } from '../contract/operation-kinds.js';
import { Schema } from '../contract/schema.js';
import { jsonSchemaOf, type JsonSchema } from './json-schema.js';
import { keyFieldsOf } from './key-fields.js';

/** An operation, as data. */
export interface OperationDescription {
  readonly kind: Operation['kind'];
  /** `anyone`, `self`, `viewer`, `admin` or `internal`. */
  readonly who: string;
  /** The fields that its routing keys are made of; null: it has none, or they are not known. */
  readonly key: readonly string[] | null;
  readonly input: JsonSchema;
  readonly output: JsonSchema;
  readonly errors: readonly string[];
  /** The type of the events that it is called for. */
  readonly on?: string;
}

/** A type of event, as data. */
export interface EventDescription {
  readonly key: readonly string[] | null;
  readonly data: JsonSchema;
}

/** A contract, as data. */
export interface ModuleDescription {
  readonly ownership: Ownership;
  readonly operations: Readonly<Record<string, OperationDescription>>;
  readonly events: Readonly<Record<string, EventDescription>>;
}

/** Who calls which operations of which module, by the name of a module or of a program. */
export type Callers = Readonly<Record<string, Readonly<Record<string, readonly string[] | undefined>>>>;

/** What modules say to each other, as data: what is released, and compared with the next release. */
export interface Description {
  readonly modules: Readonly<Record<string, ModuleDescription>>;
  readonly callers: Callers;
}

/** Contracts as data. The same contracts make the same text. */
export const describeContracts = (contracts: readonly Contract[], callers: Callers = {}): Description => ({
  modules: sorted(contracts.map((contract) => [contract.name, moduleOf(contract)])),
  callers: sorted(Object.entries(callers).map(([name, called]) => [name, sorted(Object.entries(called))])),
});

const moduleOf = (contract: Contract): ModuleDescription => ({
  ownership: contract.ownership,
  operations: sorted([...prepare(contract).values()].map((each) => [each.name, operationOf(contract, each)])),
  events: sorted(contract.events.map((each) => [each.type, eventOf(each)])),
});

function operationOf(
  { operations }: Contract,
  { name, kind, who, on }: PreparedOperation,
): OperationDescription {
  const { input, output, errors = [], key, keys } = operations[name] as Operation;
  const found = (key ?? keys) as ((input: never) => unknown) | undefined;
  return {
    kind,
    who: typeof who === 'string' ? who : 'self',
    key: (found && keyFieldsOf(Schema.of<unknown>(input), found)) ?? null,
    input: jsonSchemaOf(input),
    output: jsonSchemaOf(output, { open: true }),
    errors: [...errors].sort(),
    ...(on !== undefined && { on }),
  };
}

const eventOf = (event: EventType): EventDescription => ({
  key: keyFieldsOf(Schema.of(event.data), (data) => event.key(data)) ?? null,
  data: jsonSchemaOf(event.data, { open: true }),
});

const sorted = <T>(entries: [string, T][]): Record<string, T> =>
  Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)));
