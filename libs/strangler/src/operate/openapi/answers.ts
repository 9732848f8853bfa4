import { deliveryStates, type EventView, type SubscriberLag } from '../../calls/events/event-views.js';
import type { ActionAnswer } from '../../control/commands/operator.js';
import type {
  CallFigures,
  Finding,
  GateView,
  HistoryEntry,
  ModuleStatus,
  ResendAnswer,
  RowDifference,
  ShadowCounts,
  SideView,
  WaitView,
  WebhookView,
} from '../../control/terms/views.js';
import type { DatabaseStatus, ProcessStatus } from '../../control/terms/process-status.js';
import type { MismatchEntry } from '../../calls/shadow/shadow-store.js';
import { outcomes } from '../../control/webhooks/webhook-options.js';
import { phases } from '../../routes/phase.js';
import type { SagaDefinition, SagaStep } from '../../calls/sagas/operated.js';
import type { BulkheadFigures } from '../../calls/resilience/side-guard.js';
import type { SilentSide } from '../../control/terms/silent-side.js';
import type { SagaOn } from '../../control/commands/sagas.js';
import type { ModuleSeries } from '../../control/commands/series.js';
import type { QuarantinedRow } from '../../engine/replication/outgoing-state.js';
import {
  anything,
  flag,
  listOf,
  nullable,
  numberSchema,
  object,
  oneOf,
  text,
  type OpenApiSchema,
} from './schema.js';

/** A schema for every member: one that is added to an answer has to be described, or this does not compile. */
type Members<T> = { readonly [K in keyof Required<T>]: OpenApiSchema };

const phase = oneOf(phases);
const orNumber = nullable(numberSchema);
const orText = nullable(text);

const figures = {
  calls: numberSchema,
  errors: numberSchema,
  p50Ms: orNumber,
  p99Ms: orNumber,
} satisfies Members<CallFigures>;

const side = {
  ...figures,
  healthy: flag,
  health: oneOf([
    'up',
    'fenced',
    'unproven',
    'rolled back',
    'not there',
    'no answer',
    'no database',
    'no NATS',
    'foreign',
    'failing',
  ]),
  probes: object(figures),
  lagMs: orNumber,
  pending: numberSchema,
  quarantined: numberSchema,
  parked: numberSchema,
} satisfies Members<SideView>;

const counts = {
  compared: numberSchema,
  mismatches: numberSchema,
  unavailable: numberSchema,
} satisfies Members<ShadowCounts>;

const without = (members: Readonly<Record<string, OpenApiSchema>>, ...optional: string[]): OpenApiSchema =>
  object(
    members,
    Object.keys(members).filter((name) => !optional.includes(name)),
  );

const gate = {
  name: text,
  value: orNumber,
  limit: numberSchema,
  samples: numberSchema,
  probes: numberSchema,
  customers: numberSchema,
  needed: numberSchema,
  confidence: orNumber,
  state: oneOf(['pass', 'hold', 'fail', 'not applicable']),
  why: orText,
  sinceMs: numberSchema,
} satisfies Members<GateView>;

const bulkhead = {
  ...({ operation: text, atOnce: numberSchema, running: numberSchema } as const),
  ...{ waiting: numberSchema, refused: numberSchema },
} satisfies Members<BulkheadFigures>;

const wait = {
  ...{ needs: text, has: text, todo: text },
  command: orText,
  sinceMs: numberSchema,
} satisfies Members<WaitView>;

const status = {
  module: text,
  ownership: oneOf(['by-key', 'whole']),
  phase,
  wanted: object({ phase, percent: orNumber, by: oneOf(['file', 'operator']) }),
  phaseSinceMs: numberSchema,
  percent: numberSchema,
  readsPercent: numberSchema,
  epoch: numberSchema,
  ack: oneOf(['both', 'owner']),
  degraded: flag,
  paused: flag,
  transition: nullable(object({ action: text, step: text, sinceMs: numberSchema })),
  sides: object({ monolith: nullable(object(side)), extracted: nullable(object(side)) }),
  lagMs: orNumber,
  backfill: nullable(
    object({ done: numberSchema, total: numberSchema, rowsPerSecond: orNumber, etaSeconds: orNumber }),
  ),
  verify: object({
    running: nullable(object({ done: numberSchema, total: numberSchema, etaSeconds: orNumber })),
    checkedAt: orText,
    rows: numberSchema,
    differences: numberSchema,
  }),
  shadow: object({ ...counts, probes: object(counts), customers: object(counts) }),
  gates: listOf(without(gate, 'sinceMs')),
  health: oneOf(['up', 'degraded', 'down']),
  waitingFor: orText,
  waiting: nullable(object(wait)),
  etaSeconds: orNumber,
  etaUnknown: orText,
  rollbackSafe: flag,
  settings: listOf(object({ key: text, value: anything, from: text })),
  ownerMigrations: listOf(
    object({
      side,
      name: text,
      changed: numberSchema,
      looked: numberSchema,
      total: numberSchema,
      sinceMs: numberSchema,
      waitsFor: orText,
    }),
  ),
  calls: listOf(
    object({
      ...{ module: text, side: oneOf(['monolith', 'extracted']) },
      breaker: oneOf(['closed', 'open', 'half-open']),
      ...{ failedMsAgo: orNumber, reason: orText, opened: numberSchema, heldBack: numberSchema },
      ...{ retries: numberSchema, retriesRefused: numberSchema },
      bulkheads: listOf(object(bulkhead)),
    }),
  ),
  service: nullable(object({ state: oneOf(['there', 'absent']), start: orText })),
  notices: listOf(text),
} satisfies Members<ModuleStatus>;

const each = listOf(numberSchema);
const someOf = listOf(orNumber);
const bySide = (schema: OpenApiSchema) => object({ monolith: schema, extracted: schema });
const comparisons = object({ compared: each, mismatches: each, unavailable: each });

const series = {
  ...({ module: text, from: text, until: text, stepSeconds: numberSchema, at: each } as const),
  ...({ calls: bySide(each), errors: bySide(each), p50Ms: bySide(someOf), p99Ms: bySide(someOf) } as const),
  ...({ shadow: comparisons, probes: comparisons, lagMs: someOf, pending: someOf, percent: someOf } as const),
  phases: listOf(object({ from: text, until: text, phase })),
  handOffs: listOf(object({ at: text, from: numberSchema, to: numberSchema, pauseMs: orNumber })),
  verifications: listOf(object({ at: text, rows: numberSchema, differences: numberSchema })),
} satisfies Members<ModuleSeries>;

const entry = {
  id: numberSchema,
  at: text,
  module: text,
  actor: text,
  action: text,
  from: phase,
  to: phase,
  outcome: oneOf(outcomes),
  reason: orText,
  figures: { type: 'object' },
} satisfies Members<HistoryEntry>;

const mismatch = {
  at: text,
  operation: text,
  input: anything,
  differences: listOf(
    object({ path: text, monolith: anything, extracted: anything, volatileLine: text }, ['path']),
  ),
} satisfies Members<MismatchEntry>;

const rowDifference = {
  ...({ table: text, pk: listOf(text), owner: oneOf(['monolith', 'extracted']) } as const),
  ...{ kind: oneOf(['missing', 'orphan', 'differs']), fields: listOf(text) },
} satisfies Members<RowDifference>;

const quarantined = {
  ...({ id: numberSchema, table: text, pk: listOf(text), key: text } as const),
  ...{ reason: text, at: text, side: oneOf(['monolith', 'extracted']) },
} satisfies Members<QuarantinedRow & { side: string }>;

const eventView = {
  ...({ id: text, module: text, type: text, key: text, seq: numberSchema, at: text } as const),
  ...({ requestId: text, data: anything, subscriber: orText, state: oneOf(deliveryStates) } as const),
  ...{ tries: numberSchema, failures: numberSchema, error: orText, retryInMs: orNumber },
} satisfies Members<EventView>;

const subscriberLag = {
  ...({ module: text, subscriber: text, waiting: numberSchema } as const),
  ...{ failed: numberSchema, oldestMs: orNumber, replayMs: orNumber },
} satisfies Members<SubscriberLag>;

const silentSide = {
  ...{ module: text, side: oneOf(['monolith', 'extracted']), why: text },
} satisfies Members<SilentSide>;

const definition = {
  process: text,
  steps: listOf(object({ name: text, kind: oneOf(['call', 'own']) } satisfies Members<SagaStep>)),
  pivot: numberSchema,
} satisfies Members<SagaDefinition>;

const saga = {
  ...({ id: text, process: text, key: text, requestId: text, status: text, step: numberSchema } as const),
  ...({ stepName: orText, attempts: numberSchema, error: orText, createdAt: text, dueAt: text } as const),
  ...{ stuck: flag, version: numberSchema, definition: nullable(object(definition)) },
  side: oneOf(['monolith', 'extracted']),
} satisfies Members<SagaOn>;

const processStatus = {
  ...({ name: text, version: orText, namespace: text, environment: orText, host: text } as const),
  ...({ pid: numberSchema, leads: listOf(text) } as const),
  leaders: listOf(object({ module: text, process: orText })),
  nats: object({ state: oneOf(['connected', 'lost', 'none']), server: orText, version: orText }),
  databases: listOf(
    object({
      ...({ side: oneOf(['monolith', 'extracted']), module: orText, address: orText, role: orText } as const),
      state: oneOf(['up', 'down']),
    } satisfies Members<DatabaseStatus>),
  ),
  file: object({ path: text, state: oneOf(['in force', 'refused', 'none']), problem: orText }),
} satisfies Members<ProcessStatus>;

const finding = {
  module: orText,
  problem: text,
  meaning: text,
  remedy: text,
  repairable: flag,
  byItself: flag,
} satisfies Members<Finding>;

const action = {
  ...{ module: text, verb: text, dryRun: flag, plan: listOf(text), refusal: text },
  goal: object({ phase, percent: orNumber }),
} satisfies Members<ActionAnswer>;

const webhook = {
  ...{
    name: text,
    url: orText,
    modules: nullable(listOf(text)),
    outcomes: nullable(listOf(oneOf(outcomes))),
  },
  state: oneOf(['up', 'failing', 'disabled']),
  ...{ waiting: numberSchema, failed: numberSchema },
  delivered: nullable(object({ entry: numberSchema, at: text })),
  ...{ problem: orText, failingSince: orText, nextTryAt: orText },
} satisfies Members<WebhookView>;

const resend = {
  ...{ webhook: text, verb: oneOf(['resend']), dryRun: flag, plan: listOf(text), refusal: text },
} satisfies Members<ResendAnswer>;

/** The answers of the admin API, by their names in the document. */
export const answers = {
  ModuleStatus: without(status, 'phaseSinceMs', 'readsPercent', 'ownerMigrations', 'calls', 'service'),
  ModuleSeries: object(series),
  HistoryEntry: object(entry),
  MismatchEntry: object(mismatch),
  RowDifference: object(rowDifference),
  QuarantinedRow: object(quarantined),
  EventView: object(eventView),
  SubscriberLag: object(subscriberLag),
  SilentSide: object(silentSide),
  Saga: object(saga),
  ProcessStatus: object(processStatus),
  Finding: without(finding, 'byItself'),
  ActionAnswer: without(action, 'refusal', 'goal'),
  Webhook: object(webhook),
  ResendAnswer: without(resend, 'refusal'),
  Problem: {
    type: 'object',
    properties: { type: text, title: text, status: numberSchema, code: text, detail: text, traceId: text },
    required: ['type', 'title', 'status', 'code'],
  },
} as const satisfies Readonly<Record<string, OpenApiSchema>>;
