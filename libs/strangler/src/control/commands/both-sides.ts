import { policies, sides, type Side } from '../../routes/phase.js';
import { isOfOlderRelease } from '../../sides/remote.js';
import type { SideControl } from '../../sides/side.js';
import type { ModuleRow } from '../store/module-row.js';
import type { SilentSide } from '../terms/silent-side.js';
import type { CommandParts } from './command.js';

/** What the sides of a module have. */
export interface OfBothSides<T> {
  readonly found: Readonly<Record<Side, readonly T[]>>;
  readonly silent: readonly SilentSide[];
}

/** Asks each side that may have something. One of a release that does not know the method has nothing. */
export async function askBoth<T>(
  { module, phase }: Pick<ModuleRow, 'module' | 'phase'>,
  { needs }: Pick<CommandParts, 'needs'>,
  method: 'events' | 'eventLags' | 'sagas',
  ask: (side: SideControl) => Promise<readonly T[]>,
): Promise<OfBothSides<T>> {
  const controls = needs.sides(module);
  const { atHome, ended } = policies[phase];
  const found: Record<Side, readonly T[]> = { monolith: [], extracted: [] };
  const silent: SilentSide[] = [];
  const asked = sides.filter((side) => !(side === 'monolith' ? ended : atHome));
  await Promise.all(
    asked.map(async (side) => {
      try {
        found[side] = await ask(controls[side]);
      } catch (error) {
        if (!isOfOlderRelease(error, method)) silent.push({ module, side, why: reasonOf(error) });
      }
    }),
  );
  return { found, silent };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
