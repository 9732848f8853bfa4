import type { Caller } from '../contract/caller.js';
import type { Contract } from '../contract/contract.js';
import { isSubscribed } from '../contract/event.js';
import type { Who } from '../contract/operation-kinds.js';
import { monolithUser, type Called } from '../nats/permissions.js';

/** What each module and program calls of others: by its name, then by theirs. */
export type CallLists = Readonly<Record<string, Called>>;

/** An operation, as far as it matters who asks. */
interface Asked {
  readonly module: string;
  readonly name: string;
  readonly who: Who<unknown>;
}

/**
 * Why the caller may not ask that, in words; null: it may. Pure. `input`: checked, and only looked at where it matters.  Two things have to hold: the code that calls is code that calls such
 * operations, and whoever it acts for may have it. So a module that is made to ask for somebody else's data gets none: it asks on behalf
 * of the one who came (the "confused deputy", Hardy 1988).
 */
export function refusalOf(
  { module, name, who }: Asked,
  input: () => unknown,
  { program, as, actor }: Caller,
  isListed: (program: string, operation: string) => boolean,
): string | null {
  if (program !== monolithUser && program !== module && !isListed(program, name))
    return `${program} does not call ${module}.${name}`;
  if (who === 'anyone' || as === 'itself' || (as === 'module' && !actor)) return null;
  if (who === 'internal') return as === 'module' ? null : `${module}.${name} is for modules, not for clients`;
  if (actor?.role === 'admin') return null;
  if (who === 'admin' || who === 'viewer')
    return who === 'viewer' && actor?.role === 'viewer' ? null : `${module}.${name} takes the role ${who}`;
  return actor !== undefined && who.self(input()) === actor.id
    ? null
    : `${module}.${name} is for the user whom it concerns`;
}

/** Whether a program's list names an operation of that module, or a command that it takes back, or the operation is called for its events. */
export function listedIn(
  lists: CallLists | undefined,
  { name: module, operations }: Contract,
): (program: string, operation: string) => boolean {
  if (!lists) return () => true;
  const listed = new Map(
    Object.entries(lists).map(([program, called]) => {
      const names = called[module] ?? [];
      const undone = names.flatMap((name) => {
        const operation = operations[name];
        return operation?.kind === 'command' && operation.undo !== undefined ? [operation.undo] : [];
      });
      return [program, new Set([...names, ...undone])] as const;
    }),
  );
  return (program, operation) =>
    (listed.get(program)?.has(operation) ?? false) || isSubscribed(operations[operation], program);
}
