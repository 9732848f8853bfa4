import { problemOfPolicy } from './call-policy.js';
import { internalCodes } from './errors.js';
import type { Operation } from './operation-kinds.js';
import { problemOfShapes } from './shape-problems.js';

/** Which rule of the toolkit an operation breaks, as a sentence; `undefined`: none. Pure. */
export function problemOf(
  operation: Operation,
  { ownership, operations }: { ownership: 'by-key' | 'whole'; operations: Record<string, Operation> },
): string | undefined {
  const taken = operation.errors?.find((code) => (internalCodes as readonly string[]).includes(code));
  if (taken) return `"${taken}" is a code of the toolkit's own`;
  const shapes = problemOfShapes(operation);
  if (shapes) return shapes;
  const policy = problemOfPolicy(operation);
  if (policy) return policy;
  const undo = operation.kind === 'command' ? operation.undo : undefined;
  if (undo !== undefined && operations[undo]?.kind !== 'command') {
    return `its undo "${undo}" is no command of this contract`;
  }
  if (undo !== undefined && whoOf(operations[undo]!) !== whoOf(operation))
    return `its undo "${undo}" is open to others than it is itself: give both the same who`;
  const wrong = operation.kind === 'command' && problemOfResult(operation, operations);
  if (wrong) return wrong;
  if (operation.kind !== 'query' && 'probe' in operation) return 'only a query can be asked by itself';
  if (ownership === 'whole') return undefined;
  return operation.keys ? problemOfKeys(operation) : problemOfProbe(operation);
}

const whoOf = ({ who = 'internal' }: Operation): string => (typeof who === 'string' ? who : 'self');

/** Its effect is one call, and its caller hears what the result answers. */
function problemOfResult(
  operation: Operation & { kind: 'command' },
  operations: Record<string, Operation>,
): string | undefined {
  if (operation.result === undefined) return undefined;
  const result = Object.hasOwn(operations, operation.result) ? operations[operation.result] : undefined;
  if (result?.kind !== 'command' || result.result !== undefined)
    return `its result "${operation.result}" is no plain command of this contract`;
  if (result.output !== operation.output) return `its result "${operation.result}" answers something else`;
  const undeclared = result.errors?.find((code) => !operation.errors?.includes(code));
  if (undeclared) return `its result can end with "${undeclared}", which it does not declare`;
  if (result.errors?.length && operation.undo === undefined)
    return 'its result may refuse an effect that was made: declare undo';
  return operation.keys ? 'what has an effect outside has one key: declare key' : undefined;
}

/** A probe is made of a routing key: the input has to lead back to it. */
function problemOfProbe(operation: Operation): string | undefined {
  if (operation.kind !== 'query' || !operation.probe) return undefined;
  return operation.key ? undefined : 'a probe is made of a routing key: declare its key';
}

/** Keys of one input can have different owners. */
function problemOfKeys(operation: Operation): string | undefined {
  if (operation.kind === 'query' && operation.probe) return 'a probe has one routing key: declare key';
  if (operation.kind === 'process') return 'a process has one owner: give it one key';
  if (operation.kind === 'query' && operation.reads === 'any') return undefined;
  if (!operation.pick || !operation.merge) {
    const or = operation.kind === 'query' ? ", or reads: 'any'" : '';
    return `its keys can have different owners: declare pick and merge${or}`;
  }
  return operation.kind === 'command' && operation.errors?.length && operation.undo === undefined
    ? 'one part of it may be refused when another is done: declare undo'
    : undefined;
}
