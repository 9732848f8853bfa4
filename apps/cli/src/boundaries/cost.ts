import type { Boundary, Caller, OperationFacts } from './facts.js';
import { edge } from './callers.js';

/** What taking a module out means, in sentences; the most important first. */
export function costOf(of: Omit<Boundary, 'cost'>): string[] {
  const { operations, calledBy, calls, crossings, live } = of;
  const modules = calledBy.filter(({ name }) => name !== edge);
  return [
    ...(crossings ?? []).map(({ what, needs }) => `first undo what crosses schemas: ${what} needs ${needs}`),
    ...(live?.refusal == null ? [] : [live.refusal]),
    ...modules.map((caller) => sharedTransaction(caller, operations)),
    ...calls.map(
      ({ name, operations: used }) => `calls ${used.join(', ')} of ${name} over NATS from then on`,
    ),
    ownershipCost(of),
    ...severalKeys(operations),
    ...processesOf(operations),
  ];
}

/** Commands in a caller's transaction are the price of every extraction: afterwards they are steps of their own. */
function sharedTransaction(
  { name, operations: used }: Caller,
  operations: readonly OperationFacts[],
): string {
  const facts = operations.filter((one) => used.includes(one.name));
  const commands = facts.filter(({ kind }) => kind !== 'query').map(withUndo);
  if (commands.length === 0) return `${name} reads ${used.join(', ')}: one round trip each`;
  return `${name} calls ${commands.join(', ')}: today in one transaction with its own steps (external ones apart), then stored steps of a saga, a round trip each`;
}

const withUndo = ({ name, undo }: OperationFacts): string =>
  undo === null ? name : `${name} (undo: ${undo})`;

function ownershipCost({ ownership, operations }: Omit<Boundary, 'cost'>): string {
  if (ownership === 'whole')
    return 'owned as a whole: reads shift by per cent, writes move in one hand-off at 100 %';
  const keyless = operations.filter(({ keys }) => keys === 'none').map(({ name }) => name);
  const copy = keyless.length > 0 ? `; the copy may answer what has no key: ${keyless.join(', ')}` : '';
  return `owned by key: shifts by per cent of its keys${copy}`;
}

function severalKeys(operations: readonly OperationFacts[]): string[] {
  const names = operations.filter(({ keys }) => keys === 'several').map(({ name }) => name);
  return names.length > 0
    ? [`several keys in one call, split by owner while it shifts: ${names.join(', ')}`]
    : [];
}

function processesOf(operations: readonly OperationFacts[]): string[] {
  const names = operations.filter(({ kind }) => kind === 'process').map(({ name }) => name);
  return names.length > 0
    ? [`sagas that move with it, finished by whoever owns them: ${names.join(', ')}`]
    : [];
}
