import { currentContext, type ToldEvent } from './context.js';

/**
 * Writes down what the open transaction has told: at its end, and the keys of all modules in one order. Each holds a row to the commit, and so
 * nobody waits for another one in a circle, whatever rows the transactions hold before.
 */
export async function writeTold(): Promise<void> {
  const transaction = currentContext()?.transaction;
  const told = transaction?.told.splice(0) ?? [];
  if (told.length === 0) return;
  await transaction!.manager.query('select strangler.emit($1)', [JSON.stringify(told.sort(byKey))]);
}

/** Of one key in the order in which they were told. */
const byKey = (a: ToldEvent, b: ToldEvent): number => compared(a.module, b.module) || compared(a.key, b.key);

const compared = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
