import type { Phase } from '../../routes/phase.js';
import type { Cohort } from '../../routes/routes.js';

/**
 * The limits that a step waits for or breaks at.
 *
 * @internal
 */
export interface GateLimits {
  /** How far a side may be behind, in ms. */
  lagMs: number;
  /** Share of the shadow reads that may differ, 0 to 1. */
  mismatchRate: number;
  /** Share of the new side's calls that may fail, 0 to 1. */
  errorRate: number;
  /** How many times slower than the old side the new one may be, at the 99th percentile. */
  p99Ratio: number;
  /** Fewer observations are no data, whatever the confidence; 0: a gate without any passes. */
  minSamples: number;
  /** How sure a decision to go on has to be, 0 to 1. */
  confidence: number;
  /** Whether the controller asks both sides by itself where customers do not. */
  probes: 'on' | 'off';
}

/** How a module is moved. */
export interface ModuleSettings {
  ack: 'both' | 'owner';
  /** Shares in percent, one after the other. */
  ramp: readonly number[];
  /** How long each step is watched before the next, in ms. */
  bakeMs: number;
  /** The same while no customer calls, in ms. */
  probeBakeMs: number;
  gates: GateLimits;
  cohorts: readonly Cohort[];
  /** Shares in percent that a person approves before the step that leads to them. */
  approve: readonly number[];
  /** Share of the queries that are asked of both sides in `shadow`, 0 to 1. */
  shadowSample: number;
  /** Share of the commands that are rehearsed on the new side before it owns anything, 0 to 1. */
  rehearse: number;
}

/** What `strangler.yaml` wants of a module. */
export interface ModuleWish extends ModuleSettings {
  phase: Phase;
  /** Only for `shifting`. */
  percent: number | null;
}

/**
 * How a module is moved of which nobody says otherwise.
 *
 * @internal
 */
export const defaultSettings: ModuleSettings = {
  ack: 'both',
  ramp: [1, 5, 25, 50, 100],
  bakeMs: 30_000,
  probeBakeMs: 5_000,
  gates: {
    lagMs: 1_000,
    mismatchRate: 0,
    errorRate: 0.01,
    p99Ratio: 3,
    minSamples: 200,
    confidence: 0.95,
    probes: 'on',
  },
  cohorts: [],
  approve: [],
  shadowSample: 1,
  // A command may have an effect outside that its contract does not declare: who asks for rehearsals has looked.
  rehearse: 0,
};

/** Stored settings, with the defaults of those that the release which stored them did not know. */
export const completed = (stored: Partial<ModuleSettings>): ModuleSettings => ({
  ...defaultSettings,
  ...stored,
  gates: { ...defaultSettings.gates, ...stored.gates },
});
