import { sides, type Side } from '#strangler/routes/phase';
import type { ModuleName } from '../../support/module-names.js';

/** Of each program two copies run. A crew: those of a side that would run on one machine. */
export interface Crew {
  side: Side;
  copy: 1 | 2;
}

export const crews: readonly Crew[] = sides.flatMap((side) => [
  { side, copy: 1 },
  { side, copy: 2 },
]);

/** A program by its name; a monolith is all modules in one. */
export const programOf = ({ side, copy }: Crew, module: ModuleName): string =>
  `${side === 'monolith' ? side : module} ${copy}`;
