import type { Contract, Operation } from 'nestjs-strangler/contract';
import type { OperationFacts } from './facts.js';

/** Every contract of the shop. Loaded when it is needed: no other verb wants to know of them. */
export async function allContracts(): Promise<Contract[]> {
  const exported: unknown[] = Object.values(await import('#contracts'));
  return exported.filter(isContract);
}

const isContract = (value: unknown): value is Contract =>
  typeof value === 'object' && value !== null && 'operations' in value && 'ownership' in value;

export const operationsOf = ({ operations }: Contract): OperationFacts[] =>
  Object.entries(operations).map(([name, operation]) => ({
    name,
    kind: operation.kind,
    keys: operation.keys ? 'several' : operation.key ? 'one' : 'none',
    undo: undoOf(operation),
  }));

const undoOf = (operation: Operation): string | null =>
  operation.kind === 'command' ? (operation.undo ?? null) : null;
