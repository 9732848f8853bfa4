import type { ModuleStatus } from '../../control/terms/views.js';

/** Where a module stands, in one sentence. */
export const standing = ({ module, phase, percent, waitingFor }: ModuleStatus): string =>
  `${module} is in phase ${phase}, ${percent} % extracted${waitingFor === null ? '' : `; ${waitingFor}`}`;
