import { callPolicyOf, timeoutOf, type CallPolicy } from './call-policy.js';
import type { Contract } from './contract.js';
import type { Operation, Who } from './operation-kinds.js';
import { transportCodes } from './errors.js';
import { Schema } from './schema.js';

/** An operation made ready to be called: its shapes compiled, its rules looked up. */
export interface PreparedOperation {
  readonly module: string;
  readonly name: string;
  readonly kind: Operation['kind'];
  readonly who: Who<unknown>;
  readonly input: Schema<unknown>;
  readonly output: Schema<unknown>;
  /** Whether a query needs the owner of its keys, or any copy will do. */
  readonly reads: 'owner' | 'any';
  /** Whether the input has routing keys of its own, or the module is its only key. */
  readonly keyed: boolean;
  /** Whether an input may have several keys; then `pick` and `merge` take it apart and together. */
  readonly severalKeys: boolean;
  /** Sorted, unique routing keys of an input; the module's name where a module has one owner as a whole. */
  keysOf(input: unknown): readonly string[];
  /** The input for these of its keys alone. */
  pick(input: unknown, keys: readonly string[]): unknown;
  /** The output for `input` from outputs of parts that cover its keys. */
  merge(input: unknown, outputs: readonly unknown[]): unknown;
  /** Whether callers may see this error code. */
  declares(code: string): boolean;
  /** How long one attempt may take, in ms, with all its tries. */
  readonly timeoutMs: number;
  /** How it is called where it is served by another process. */
  readonly policy: Required<CallPolicy>;
  /** The command that takes this one back, if any. */
  undoing(): PreparedOperation | undefined;
  /** The command that writes down what came of its call; `undefined`: it has no effect outside the database. */
  result(): PreparedOperation | undefined;
  /** Paths in the output that shadow reads do not compare: what the contract says, and secrets. */
  readonly volatile: readonly string[];
  /** The type of the events that it is called for; `undefined`: it is no subscription. */
  readonly on: string | undefined;
  /** Makes an input of a routing key; `undefined`: this cannot be asked without a caller. */
  readonly probe: ((key: string) => unknown) | undefined;
}

const prepared = new WeakMap<Contract, ReadonlyMap<string, PreparedOperation>>();

/** All operations of a contract, prepared once. */
export function prepare(contract: Contract): ReadonlyMap<string, PreparedOperation> {
  let operations = prepared.get(contract);
  if (!operations) {
    operations = new Map(Object.keys(contract.operations).map((name) => [name, prepareOne(contract, name)]));
    prepared.set(contract, operations);
  }
  return operations;
}

function prepareOne(contract: Contract, name: string): PreparedOperation {
  const operation = contract.operations[name] as Operation;
  const visible = new Set<string>([...transportCodes, ...(operation.errors ?? [])]);
  const byKey = contract.ownership === 'by-key';
  const keyed = byKey && (operation.key !== undefined || operation.keys !== undefined);
  const { undo, result, on } =
    operation.kind === 'command' ? operation : ({} as { undo?: string; result?: string; on?: string });
  const output = Schema.of<unknown>(operation.output);
  if (operation.kind !== 'query' && output.secrets.length > 0)
    throw new Error(
      `${contract.name}.${name}: its answer is stored, so it must not hold secrets (${output.secrets.join(', ')})`,
    );
  const parts = byKey && operation.kind !== 'process' ? operation : undefined;
  return {
    module: contract.name,
    name,
    kind: operation.kind,
    who: (operation.who as Who<unknown> | undefined) ?? 'internal',
    input: Schema.of<unknown>(operation.input),
    output,
    reads: readsOf(operation, keyed || !byKey),
    keyed,
    severalKeys: parts?.keys !== undefined && parts.pick !== undefined,
    keysOf: keyed ? keysOf(operation) : keysOfWhole(contract),
    pick: parts?.pick ?? ((input) => input),
    merge: parts?.merge ?? ((_input, [output]) => output),
    declares: (code) => visible.has(code),
    timeoutMs: timeoutOf(operation),
    policy: callPolicyOf(operation),
    undoing: () => (undo === undefined ? undefined : prepare(contract).get(undo)),
    result: () => (result === undefined ? undefined : prepare(contract).get(result)),
    on,
    volatile: operation.kind === 'query' ? [...(operation.volatile ?? []), ...output.secrets] : [],
    probe: operation.kind === 'query' ? operation.probe : undefined,
  };
}

/** A query that has an owner is answered by it, unless it says otherwise. */
const readsOf = (operation: Operation, owned: boolean): 'owner' | 'any' =>
  (operation.kind === 'query' && operation.reads) || (owned ? 'owner' : 'any');

function keysOfWhole({ name }: Contract): () => readonly string[] {
  const whole = [name];
  return () => whole;
}

function keysOf({ key, keys }: Operation): (input: unknown) => readonly string[] {
  if (key) return (input) => [(key as (input: unknown) => string)(input)];
  return (input) => [...new Set((keys as (input: unknown) => readonly string[])(input))].sort();
}
