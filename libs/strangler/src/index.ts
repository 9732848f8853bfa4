export { Admission, admissions, type AdmissionFigures, type AdmissionLimits } from './database/admission.js';
export { Actor } from './operate/actor.js';
export { PlainBody, SteeringBody } from './control/commands/bodies.js';
export type { Action } from './control/commands/commands.js';
export { MismatchesBody } from './control/commands/mismatches.js';
export { ShiftBody } from './control/commands/shift.js';
export { assertUnderstood, limitIn, reader, type BodyReader } from './operate/request.js';
export { RefusalsInterceptor } from './operate/refusals.interceptor.js';
export { OPERATOR } from './operate/operator-token.js';
export type { ActionAnswer, Operator } from './control/operator.js';
export { RefusedError, UnknownModuleError } from './control/refused.js';
export type {
  CallFigures,
  Finding,
  FindingSource,
  GateView,
  HistoryEntry,
  ModuleStatus,
  SettingView,
  ShadowCounts,
  WaitView,
} from './control/views.js';
export {
  type RouteAnswer,
  type RouteHistoryEntry,
  type RouteMismatch,
  type RouteStatus,
  type UpstreamView,
} from './operate/route-views.js';
export { type MismatchEntry } from './calls/shadow/shadow-store.js';
export {
  type QuarantinedRow,
  type QuarantinedRow as ParkedRow,
} from './engine/replication/outgoing-state.js';
export { bucketOf, buckets } from './routes/bucket.js';
export { offerKey } from './nats/callers/key-exchange.js';
export { KeyStore } from './nats/callers/key-store.js';
export { type Caller } from './contract/caller.js';
export { currentContext, withContext, type CallContext } from './database/context.js';
export { Executor } from './calls/executor.js';
export { LocalModules } from './calls/local-modules.js';
export { type Member } from './routes/member.js';
export { type Phase, type Policy, type Side } from './routes/phase.js';
export { defaultRetention, leastResultsMs, type Retention } from './engine/pruning/retention.js';
export { InjectPort, portToken, type CallOptions, type Port } from './calls/ports.js';
export { Router } from './calls/router.js';
export { type RemoteCalls } from './calls/side-calls.js';
export { routeOf, Routes, type RouteEntry, type RouteTable } from './routes/routes.js';
export { call, own, type Saga, type Step } from './calls/sagas/saga.js';
export { Schema } from './contract/schema.js';
export { type KeyExpression, type OwnerMigration } from './database/tables.js';
export { StranglerModule } from './nest/strangler.module.js';
export { type FeatureOptions } from './nest/feature.js';
export { type ModuleOptions } from './nest/module-options.js';
export {
  type NatsOptions,
  type StranglerAsyncOptions,
  type StranglerOptions,
  type WiringOptions,
} from './nest/options.js';
export { type ProcessDatabase } from './nest/process-database.js';
export { type AdminOptions } from './nest/admin-listener.js';
export { StranglerProcess, type Measured } from './nest/process.js';
export { natsConnection } from './nats/connection.js';
export { inTime } from './operate/health/in-time.js';
export { StartError } from './operate/health/start-error.js';
export { type HealthAddress } from './operate/health/operations-server.js';
export { UnreadyError, type Check, type OperationsOptions } from './operate/health/operations-routes.js';
export { NatsCalls } from './calls/remote/client.js';
export { NatsLink } from './nats/link.js';
export { monolithUser, natsPermissions, type NatsUser } from './nats/permissions.js';
export { Subjects } from './nats/subjects.js';
export { type KeptRoutes } from './nats/find-shop.js';
export { followRoutes, publishRoutes } from './nats/route-sync.js';
export { ContractServer } from './calls/remote/server.js';
export { type CallObserver } from './calls/call-observer.js';
export { Database, type Queryable } from './database/database.js';
export { noCalls, type Calls, type Comparisons } from './evidence/evidence.js';
export { percentile } from './evidence/histogram.js';
export { judge } from './evidence/judgement.js';
export { errorShare, mismatchShare, slowness, slowShare, type Measure } from './evidence/measures.js';
export { Windows } from './evidence/windows.js';
export { compare } from './calls/shadow/compare.js';
export { ShadowStore } from './calls/shadow/shadow-store.js';
export { LeaderLock } from './control/store/leader-lock.js';
export { defaultSettings, type GateLimits } from './control/config/settings.js';
export { nearest } from './control/nearest.js';
export { routeEditOf, type RouteFileChange } from './control/config/file-edit.js';
export { FileWriter } from './control/config/file-writer.js';
export { copiesIn, CopiesError } from './control/config/copies.js';
export {
  routeSettingsOf,
  type RouteRun,
  type RouteWish,
  type Upstream,
} from './control/config/route-wishes.js';
export { parseFile, WishesError, type FileWishes } from './control/config/wishes.js';
export { WishesFile } from './control/config/wishes-file.js';
export { Gates, Rises, Shares, Time, type WrittenSettings } from './control/config/written-settings.js';
export { CallMetrics } from './control/call-metrics.js';
export { decommissionedModules } from './control/store/decommissioned.js';
export { type Advice } from './control/advice.js';
export { Agents } from './sides/agents.js';
export { noticingSilence } from './database/silence.js';
export { observers } from './operate/metrics/call-tally.js';
export { ToolkitMetrics } from './operate/metrics/toolkit-metrics.js';
export { adminDocument } from './operate/openapi/document.js';
