import type {
  EventView,
  HistoryEntry,
  ModuleSeries,
  ModuleStatus,
  ProcessStatus,
  SubscriberLag,
  WebhookView,
} from 'nestjs-strangler';

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

/** Two steps in which nothing happened, and a hand-off behind them. */
export function quietSeries(module: string): ModuleSeries {
  const none = [0, 0];
  const unknown = [null, null];
  const bySide = <T>(values: T[]) => ({ monolith: values, extracted: values });
  const comparisons = { compared: none, mismatches: none, unavailable: none };
  const [from, until] = ['2026-01-02T03:03:55.678Z', '2026-01-02T03:04:25.678Z'];
  return {
    ...{ module, from, until, stepSeconds: 10, at: [1_767_323_040, 1_767_323_050] },
    ...{ calls: bySide(none), errors: bySide(none), p50Ms: bySide(unknown), p99Ms: bySide([null, 12.5]) },
    ...{ shadow: comparisons, probes: comparisons, lagMs: unknown, pending: unknown, percent: [null, 10] },
    phases: [{ from, until, phase: 'shifting' }],
    handOffs: [{ at: '2026-01-02T03:04:22.678Z', from: 10, to: 50, pauseMs: null }],
    verifications: [],
  };
}

/** A process that leads one of its two modules, whose service has not said where its database is. */
export const runningProcess: ProcessStatus = {
  ...{ name: 'monolith', version: '1.2.3', namespace: 'shop', environment: null, host: 'here', pid: 7 },
  leads: ['stock'],
  leaders: [
    { module: 'stock', process: 'process 7 on here, which reads strangler.yaml' },
    { module: 'desk', process: null },
  ],
  nats: { state: 'connected', server: 'localhost:4222', version: '2.14.0' },
  databases: [
    { side: 'monolith', module: null, address: 'localhost:5432/shop', role: 'shop', state: 'up' },
    { side: 'extracted', module: 'stock', address: null, role: null, state: 'down' },
  ],
  file: { path: 'strangler.yaml', state: 'refused', problem: 'strangler.yaml line 9 refused: no such phase' },
};

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

/** One that a subscriber has failed at for good. */
export const event: EventView = {
  ...{ id: '0198a1b2-0000-7000-8000-000000000001', module: 'stock', type: 'stock.sold', key: 'A', seq: 3 },
  ...{ at: '2026-01-02T03:04:05.678Z', requestId: 'r-1', data: { sku: 'A' }, subscriber: 'mails' },
  ...{ state: 'failed', tries: 10, failures: 10, error: 'internal: no', retryInMs: null },
};

export const webhook: WebhookView = {
  ...{ name: 'pager', url: 'https://pager.example/hooks', modules: null, outcomes: null, state: 'failing' },
  ...{ waiting: 1_234, failed: 1, delivered: { entry: 17, at: '2026-01-02T03:04:05.678901Z' } },
  ...{ problem: 'it answers 503', failingSince: '2026-01-02T04:04:05.678901Z' },
  nextTryAt: '2026-01-02T05:04:05.678901Z',
};

export const lag: SubscriberLag = {
  ...{ module: 'stock', subscriber: 'mails', waiting: 2, failed: 1, oldestMs: 61_000, replayMs: null },
};
