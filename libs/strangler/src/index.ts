export { Admission, admissions, type AdmissionFigures, type AdmissionLimits } from './database/admission.js';
export type { Action } from './control/commands/commands.js';
export { OPERATOR } from './operate/operator-token.js';
export type { DeliveryState, EventQuestion, EventView, SubscriberLag } from './calls/events/event-views.js';
export type { ActionAnswer, EventList, Operator } from './control/commands/operator.js';
export type { ModuleSeries, SeriesQuestion } from './control/commands/series.js';
export type { DatabaseStatus, ProcessStatus } from './control/terms/process-status.js';
export type { SilentSide } from './control/terms/silent-side.js';
export { RefusedError, UnknownModuleError } from './control/terms/refused.js';
export type {
  CallFigures,
  Finding,
  FindingSource,
  GateView,
  HistoryEntry,
  ModuleStatus,
  ResendAnswer,
  RowDifference,
  SettingView,
  ShadowCounts,
  WaitView,
  WebhookView,
} from './control/terms/views.js';
export type { WebhookOptions } from './control/webhooks/webhook-options.js';
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
export { type Caller } from './contract/caller.js';
export { currentContext, withContext, type CallContext } from './database/context.js';
export { Events } from './calls/events/events.js';
export { type Phase, type Side } from './routes/phase.js';
export {
  defaultRetention,
  leastResultsMs,
  longestEventsMs,
  type Retention,
} from './engine/pruning/retention.js';
export { InjectPort, portToken, type CallOptions, type Port } from './calls/ports.js';
export { call, own, type Saga, type Step } from './calls/sagas/saga.js';
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
export { type LogIn, type OperatorCredentials } from './operate/page/page-routes.js';
export { StranglerProcess } from './nest/process.js';
export { StartError } from './operate/health/start-error.js';
export { type HealthAddress } from './operate/health/operations-server.js';
export { UnreadyError, type Check, type OperationsOptions } from './operate/health/operations-routes.js';
export type { EventStreamOptions } from './nats/event-stream-options.js';
export { monolithUser, natsPermissions, type NatsUser } from './nats/permissions.js';
export { Subjects } from './nats/subjects.js';
export { type CallObserver } from './calls/call-observer.js';
export { type WrittenSettings } from './control/config/written-settings.js';
export { type Advice } from './control/conditions/advice.js';
