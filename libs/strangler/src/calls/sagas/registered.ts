import { prepare, type PreparedOperation } from '../../contract/operation.js';
import { longestCallMs } from '../owner-retry.js';
import { placesOf, processOf } from './place.js';
import type { SagaRecord } from './progress.js';
import type { AnySaga, CallStep, Definition, Step } from './saga.js';
import { SagaStore } from './store.js';

/** A saga definition with what the engine needs to run it. */
export interface RegisteredSaga {
  readonly operation: PreparedOperation;
  readonly saga: AnySaga;
  /** The process and which definition of it, as its sagas' rows name them. */
  readonly process: string;
  readonly steps: readonly Step<object>[];
  /** Index of the step after which there is only forward. */
  readonly pivot: number;
  readonly store: SagaStore;
  /** Every place at which a saga of this definition may stand. */
  readonly places: readonly string[];
  /** All modules that it works in, its own first. */
  readonly modules: readonly string[];
  /** How long a saga stays with the process that works on it, in ms: longer than any step of it may take. */
  readonly leaseMs: number;
}

/** What the process itself needs beside its step, in ms: a transaction that has to run again, a slow commit. */
const marginMs = 2_000;

/**
 * The definition of a process, and those of before of which sagas may be on their way, the present one first.
 * @throws when a pivot names no step, two steps share a name (their command ids would collide), or two definitions a version.
 */
export function register(operation: PreparedOperation, saga: AnySaga): [RegisteredSaga, ...RegisteredSaga[]] {
  const { version = 1, earlier = {} } = saga;
  const before = Object.entries(earlier as Record<string, Definition<object>>).map(
    ([of, definition]) => [Number(of), definition] as const,
  );
  const wrong = [version, ...before.map(([of]) => of)].find(
    (each) => !Number.isSafeInteger(each) || each < 1,
  );
  const title = `${operation.module}.${operation.name}`;
  if (wrong !== undefined) throw new Error(`${title}: a version is 1 or more, not ${wrong}`);
  if (before.some(([of]) => of >= version))
    throw new Error(`${title}: a definition of before has a lower version than the present one, ${version}`);
  const one = (of: number, definition: Definition<object>) => registerOne(operation, saga, of, definition);
  return [one(version, saga), ...before.map(([of, definition]) => one(of, definition))];
}

function registerOne(
  operation: PreparedOperation,
  saga: AnySaga,
  version: number,
  definition: Definition<object>,
): RegisteredSaga {
  const { steps } = definition;
  const names = steps.map((step) => step.name);
  const pivot = names.indexOf(definition.pivot);
  const process = processOf(operation.name, version);
  const title = `${operation.module}.${process}`;
  if (pivot < 0)
    throw new Error(`${title}: its pivot "${definition.pivot}" is none of its steps (${names.join(', ')})`);
  if (new Set(names).size < names.length) throw new Error(`${title}: two steps have the same name`);
  const called = steps.flatMap((step) => (step.kind === 'call' ? [step.contract.name] : []));
  const modules = [...new Set([operation.module, ...called])];
  const store = new SagaStore(operation.module, process, names);
  const places = placesOf(process, version, names);
  const leaseMs = leaseOf(operation, steps);
  return { operation, saga, process, steps, pivot, store, places, modules, leaseMs };
}

/** A step looks for the owner of its keys as long as a router does, and so does what takes it back. */
function leaseOf(operation: PreparedOperation, steps: readonly Step<object>[]): number {
  const called = steps.flatMap((step) => (step.kind === 'call' ? [operationOf(step)] : []));
  const undoing = called.flatMap((each) => each.undoing() ?? []);
  return Math.max(operation.timeoutMs, ...[...called, ...undoing].map(longestCallMs)) + marginMs;
}

/** The operation that a step calls. */
export const operationOf = ({ contract, operation }: CallStep<object>): PreparedOperation =>
  prepare(contract).get(operation) as PreparedOperation;

/** Whether the caller has been promised success. */
export const isPastPivot = ({ pivot }: RegisteredSaga, { step }: SagaRecord): boolean => step > pivot;
