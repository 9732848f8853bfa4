import type { ModuleStatus } from 'nestjs-strangler';

const nothing = { compared: 0, mismatches: 0, unavailable: 0 };

/** A module at rest on the monolith, but for what a test says. */
export const statusOf = (change: Partial<ModuleStatus> = {}): ModuleStatus => ({
  module: 'shelf',
  ownership: 'by-key',
  phase: 'monolith',
  wanted: { phase: 'monolith', percent: null, by: 'operator' },
  percent: 0,
  readsPercent: 0,
  epoch: 1,
  ack: 'both',
  degraded: false,
  paused: false,
  transition: null,
  sides: { monolith: null, extracted: null },
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
  ownerMigrations: [],
  notices: [],
  ...change,
});
