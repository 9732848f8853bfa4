import type { HandOff } from './hand-off-plan.js';
import { policies, type Phase, type Side } from '../../routes/phase.js';
import type { Step } from '../terms/machine.js';
import type { ModuleSettings } from '../config/settings.js';

/** Where a module is to go, and who says so. */
export interface Wanted {
  phase: Phase;
  percent: number | null;
  by: 'file' | 'operator';
  actor: string;
  /** ms since 1970. */
  since: number;
}

/** The side whose database was put back becomes the copy. */
export interface RejoinStep {
  kind: 'rejoin';
  side: Side;
}

/** A step under way, as it stands in the journal. Written before it acts. */
export interface Transition {
  /** Tells it from every other one. */
  id: string;
  step: Step | { kind: 'failover' } | RejoinStep;
  actor: string;
  /** ms since 1970. */
  begun: number;
  handOff?: HandOff;
  /** The monolith's epoch before it. */
  epoch?: number;
  /** An operator wants it taken back. */
  aborted?: boolean;
}

/** What `strangler.yaml` last said of a module, as the process read it that led then. */
export interface Filed {
  phase: Phase;
  percent: number | null;
  path: string;
  /** From 1. */
  line: number;
}

/** A share that a person lets the module go to. */
export interface Approval {
  /** In percent. */
  percent: number;
  actor: string;
  /** ms since 1970. */
  at: number;
}

/** What is out of order, and what the history says of its begin. */
export interface OpenOutage {
  /** ms since 1970. */
  since: number;
  reason: string;
}

/** The last known state of a side that was given up. */
export interface Lost {
  /** RFC 3339. */
  at: string;
  actor: string;
}

/** What the controller knows of a module. */
export interface ModuleRow {
  module: string;
  phase: Phase;
  percent: number;
  wanted: Wanted;
  /** `all`: nothing begins. `up`: nothing that leads further out begins. */
  paused: 'all' | 'up' | null;
  pauseReason: string | null;
  settings: ModuleSettings;
  transition: Transition | null;
  /** Gates that an operator has overridden for the next step. */
  override: { gates: string[]; actor: string } | null;
  lost: Lost | null;
  /** Null: the module does not stand in the file; operators steer it. */
  filed: Filed | null;
  /** By setting (`bake`, `gates.lagMs`): who has set it, in words. Others have their built-in value. */
  sources: Readonly<Record<string, string>>;
  approved: readonly Approval[];
  /** By kind. */
  outages: Readonly<Record<string, OpenOutage>>;
  /** ms since 1970. */
  phaseSince: number;
  stepSince: number;
  version: number;
}

/** What of a row may be changed; what is left out stays. */
export type RowChange = Partial<Omit<ModuleRow, 'module' | 'version'>>;

/** Whether the module is on `monolith` and stays there: then it has no other side, and must not need one. */
export const isAtHome = ({ phase, wanted, transition, lost }: ModuleRow): boolean =>
  policies[phase].atHome && policies[wanted.phase].atHome && !transition && !lost;
