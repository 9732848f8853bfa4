import type { HistoryEntry, ModuleStatus } from 'nestjs-strangler';

type View = NonNullable<ModuleStatus['sides']['monolith']>;

const nothing = { compared: 0, mismatches: 0, unavailable: 0 };

/** A side that is well. */
export const side = (change: Partial<View> = {}): View => ({
  healthy: true,
  health: 'up',
  calls: 0,
  errors: 0,
  p50Ms: null,
  p99Ms: null,
  probes: { calls: 0, errors: 0, p50Ms: null, p99Ms: null },
  lagMs: null,
  pending: 0,
  quarantined: 0,
  parked: 0,
  ...change,
});

/** Where a module stands that has not moved yet, but for `change`. */
export const standing = (module: string, change: Partial<ModuleStatus> = {}): ModuleStatus => ({
  module,
  ownership: 'by-key',
  phase: 'monolith',
  wanted: { phase: change.phase ?? 'monolith', percent: null, by: 'operator' },
  percent: 0,
  epoch: 1,
  ack: 'both',
  degraded: false,
  paused: false,
  transition: null,
  sides: { monolith: side(), extracted: null },
  lagMs: null,
  backfill: null,
  verify: { running: null, checkedAt: null, rows: 0, differences: 0 },
  shadow: { ...nothing, probes: nothing, customers: nothing },
  gates: [],
  health: 'up',
  waitingFor: null,
  waiting: null,
  etaSeconds: 0,
  etaUnknown: null,
  rollbackSafe: true,
  settings: [],
  notices: [],
  ...change,
});

/** A line of a history. */
export const entry = (id: number, change: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id,
  at: '2026-01-02T03:04:05.678901Z',
  module: 'inventory',
  actor: 'ann@shop.example',
  action: 'advance',
  from: 'monolith',
  to: 'dual-write',
  outcome: 'done',
  reason: null,
  figures: {},
  ...change,
});
