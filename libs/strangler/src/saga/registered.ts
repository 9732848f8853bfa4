import { prepare, type PreparedOperation } from '../operation.js';
import { longestMs } from '../pursuit.js';
import type { SagaRecord } from './progress.js';
import type { AnySaga, CallStep, Step } from './saga.js';
import { SagaStore } from './store.js';

/** A saga definition with what the engine needs to run it. */
export interface RegisteredSaga {
  readonly operation: PreparedOperation;
  readonly saga: AnySaga;
  readonly steps: readonly Step<object>[];
  /** Index of the step after which there is only forward. */
  readonly pivot: number;
  readonly store: SagaStore;
  /** All modules that it works in, its own first. */
  readonly modules: readonly string[];
  /** How long a saga stays with the process that works on it, in ms: longer than any step of it may take. */
  readonly leaseMs: number;
}

/** What the process itself needs beside its step, in ms: a transaction that has to run again, a slow commit. */
const marginMs = 2_000;

/** @throws when the pivot names no step, or two steps share a name (their command ids would collide). */
export function register(operation: PreparedOperation, saga: AnySaga): RegisteredSaga {
  const steps = saga.steps as readonly Step<object>[];
  const names = steps.map((step) => step.name);
  const pivot = names.indexOf(saga.pivot);
  const title = `${operation.module}.${operation.name}`;
  if (pivot < 0)
    throw new Error(`${title}: its pivot "${saga.pivot}" is none of its steps (${names.join(', ')})`);
  if (new Set(names).size < names.length) throw new Error(`${title}: two steps have the same name`);
  const called = steps.flatMap((step) => (step.kind === 'call' ? [step.contract.name] : []));
  const modules = [...new Set([operation.module, ...called])];
  const store = new SagaStore(operation.module);
  return { operation, saga, steps, pivot, store, modules, leaseMs: leaseOf(operation, steps) };
}

/** A step looks for the owner of its keys as long as a router does, and so does what takes it back. */
function leaseOf(operation: PreparedOperation, steps: readonly Step<object>[]): number {
  const called = steps.flatMap((step) => (step.kind === 'call' ? [operationOf(step)] : []));
  const undoing = called.flatMap((each) => each.undoing() ?? []);
  return Math.max(operation.timeoutMs, ...[...called, ...undoing].map(longestMs)) + marginMs;
}

/** The operation that a step calls. */
export const operationOf = ({ contract, operation }: CallStep<object>): PreparedOperation =>
  prepare(contract).get(operation) as PreparedOperation;

/** Whether the caller has been promised success. */
export const isPastPivot = ({ pivot }: RegisteredSaga, { step }: SagaRecord): boolean => step > pivot;
