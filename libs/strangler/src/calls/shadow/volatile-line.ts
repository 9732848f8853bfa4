import type { Contract } from '../../contract/contract.js';
import type { Operation } from '../../contract/operation-kinds.js';
import { isServiceContract } from '../../contract/service-contract.js';
import type { MismatchEntry } from './shadow-store.js';

/** Tells of each field that differs with which line of the contract it is compared no more. */
export const withVolatileLines = (contract: Contract, entry: MismatchEntry): MismatchEntry => ({
  ...entry,
  differences: entry.differences.map((each) => {
    const line = volatileLine(contract, entry.operation, each.path);
    return line === undefined ? each : { ...each, volatileLine: line };
  }),
});

/**
 * The line of an operation that names this field, too, beside those that it names already. `undefined`: it is the whole answer, it stands
 * too deep to be named, or the contract does not have the operation any more.
 */
export function volatileLine(contract: Contract, name: string, path: string): string | undefined {
  const operation = contract.operations[name] as Operation | undefined;
  if (operation?.kind !== 'query' || path.endsWith('…')) return undefined;
  // Behind a service class the answer stands in an envelope, which nobody writes.
  const written = (at: string) => (isServiceContract(contract) ? at.replace(/^answer(\.|$)/, '') : at);
  const field = everyElement(written(path));
  if (field === '') return undefined;
  const paths = [...new Set([...(operation.volatile ?? []).map(written), field])];
  return `volatile: [${paths.map((each) => `'${each.replace(/['\\]/g, '\\$&')}'`).join(', ')}]`;
}

/** What differs in one element of a list by nature does so in each. */
const everyElement = (path: string): string => path.replace(/(^|\.)\d+(?=\.|$)/g, '$1*');
