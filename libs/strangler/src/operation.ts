import { transportCodes, type Contract, type Operation } from '#contracts';
import { Shape } from './shape.js';

/** An operation made ready to be called: its shapes compiled, its rules looked up. */
export interface PreparedOperation {
  readonly module: string;
  readonly name: string;
  readonly kind: Operation['kind'];
  readonly input: Shape<unknown>;
  readonly output: Shape<unknown>;
  /** Sorted, unique routing keys of an input; the module's name where a module has one owner as a whole. */
  keysOf(input: unknown): readonly string[];
  /** Whether callers may see this error code. */
  declares(code: string): boolean;
  /** How long one attempt may take, in ms. */
  readonly timeoutMs: number;
  /** The command that takes this one back, if any. */
  readonly undo: string | undefined;
}

const defaultTimeoutMs = 1_500;

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
  return {
    module: contract.name,
    name,
    kind: operation.kind,
    input: Shape.of<unknown>(operation.input),
    output: Shape.of<unknown>(operation.output),
    keysOf: keysOf(contract, operation),
    declares: (code) => visible.has(code),
    timeoutMs: operation.timeoutMs ?? defaultTimeoutMs,
    undo: operation.kind === 'command' ? operation.undo : undefined,
  };
}

function keysOf(contract: Contract, { key, keys }: Operation): (input: unknown) => readonly string[] {
  if (key) return (input) => [(key as (input: unknown) => string)(input)];
  if (keys) return (input) => [...new Set((keys as (input: unknown) => readonly string[])(input))].sort();
  const whole = [contract.name];
  return () => whole;
}
