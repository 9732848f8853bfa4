import type { ModuleStatus } from '../../src/control/terms/views.js';

/** What a plan is made by. Once this is another, the plan that was read may not be what is done. Figures, which always change, are not in it. Pure. */
export const planBasisOf = (status: ModuleStatus): string => {
  const { phase, percent, epoch, paused, wanted, transition, verify } = status;
  const isVerified = verify.running !== null;
  return JSON.stringify([phase, percent, epoch, paused, wanted, transition?.action ?? null, isVerified]);
};
