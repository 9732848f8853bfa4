import type { SideFigures } from '../../calls/resilience/side-guard.js';
import type { RouteEntry } from '../../routes/routes.js';
import type { ControlledSides } from '../../sides/side.js';
import type { StepsQuestion, StepsReport } from '../../evidence/call-steps.js';
import type { Evidence } from '../../evidence/evidence.js';
import type { VerifyReport } from '../store/verification-store.js';
import type { ServicePresence } from '../terms/views.js';
import type { MismatchEntry } from '../../calls/shadow/shadow-store.js';

/** How a verification goes about. */
export interface VerifyOrder {
  /** Make the other side equal where they differ: the owner's row counts. */
  repair: boolean;
  /** Where an earlier run was when it stopped, as it has told; null: from the start. */
  cursor: unknown;
  signal: AbortSignal;
  /** Rows done, of how many, and where to go on after a crash. */
  onProgress(progress: { done: number; total: number; cursor: unknown }): Promise<void>;
}

/** A module that can be moved. */
export interface Controlled {
  module: string;
  ownership: 'by-key' | 'whole';
}

/** What the controller wants to know where customers do not ask. */
export interface ProbeOrder {
  /** `compare`: whether both sides answer the same. `measure`: how they answer. */
  how: 'compare' | 'measure';
  /** So many more questions. */
  count: number;
  /** Buckets below belong to `extracted`: whose rows name the keys. */
  below: number;
}

/** What the controller needs of the rest of the toolkit. */
export interface ControlNeeds {
  modules: readonly Controlled[];
  sides(module: string): ControlledSides;
  /** Compares both sides. @throws when it cannot be finished; it is then begun again from its cursor. */
  verify(module: string, order: VerifyOrder): Promise<VerifyReport>;
  /** What has been seen of both sides since the step began, `stepAgeMs` ago, or since the last outage. */
  evidence(module: string, stepAgeMs: number): Promise<Evidence>;
  /** What the processes on other databases have seen of their calls over time (left out: there are none). */
  callSteps?: (question: StepsQuestion) => Promise<readonly StepsReport[]>;
  /** A side is not there, or behind: what has been seen says nothing of what comes. */
  outage(module: string): Promise<void>;
  /** Asks both sides by itself, in the background; one order after the other. */
  probe(module: string, order: ProbeOrder): void;
  /** Forgets comparisons and samples; answers how many samples there were. */
  clearMismatches(module: string): Promise<number>;
  /** Whether NATS is needed and cannot be reached (left out: no). */
  natsLost?: () => boolean;
  /** Whether a look at the other side of a module at home would start a server (left out: no). */
  wakesServers?: () => boolean;
  /** Whether the service of a module at home is there; null, or left out: nobody can be asked. */
  service?: (module: string) => ServicePresence | null;
  /** How calls of this process to the module's sides are guarded (left out: none leave it). */
  guards?: (module: string) => SideFigures[];
  mismatches(module: string): Promise<MismatchEntry[]>;
  /** Who still calls the module's code inside the monolith; empty: nobody. */
  localUse(module: string): Promise<string[]>;
  /** Tells the routers. A hint: they may hear of it late, or not at all. */
  publish(module: string, entry: RouteEntry): void | Promise<void>;
}

/** The moments at which a crash is tried out: around each journalled write and each action. */
export type ControlBoundary = (
  module: string,
  what: string,
  moment: 'before' | 'after',
) => void | Promise<void>;
