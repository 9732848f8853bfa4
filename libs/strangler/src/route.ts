import type { Operation } from '#contracts';
import { policies, type Phase, type Side } from './phase.js';

/** What a process is: the side it stands on (a gateway stands on none) and the modules whose code it carries. */
export interface Here {
  readonly side: Side | undefined;
  hosts(module: string): boolean;
}

/** Where a call goes: the side that serves it, and whether that is this very process. */
export interface Plan {
  readonly side: Side;
  readonly local: boolean;
}

/** Which side serves operations of this kind while the module is in `phase`. Pure. */
export const sideFor = (phase: Phase, kind: Operation['kind']): Side =>
  kind === 'query' ? policies[phase].queries : policies[phase].commands;

/** Decides where a call goes. Pure: the router carries it out. */
export function planCall(phase: Phase, kind: Operation['kind'], module: string, here: Here): Plan {
  const side = sideFor(phase, kind);
  return { side, local: side === here.side && here.hosts(module) };
}
