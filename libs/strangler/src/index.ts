export { Admission, admissions, type AdmissionFigures, type AdmissionLimits } from './admission.js';
export { AdminController } from './admin/admin.controller.js';
export { DoctorController } from './admin/doctor.controller.js';
export { EventsController } from './admin/events.controller.js';
export { Actor } from './admin/actor.js';
export { MismatchesBody, PlainBody, ShiftBody, SteeringBody } from './admin/bodies.js';
export { assertUnderstood, limitIn, reader, type BodyReader } from './admin/request.js';
export { RefusalsInterceptor } from './admin/refusals.interceptor.js';
export { OPERATOR } from './admin/operator-token.js';
export {
  RefusedError,
  UnknownModuleError,
  type Action,
  type ActionAnswer,
  type CallFigures,
  type Finding,
  type FindingSource,
  type GateView,
  type HistoryEntry,
  type MismatchEntry,
  type ModuleStatus,
  type Operator,
  type SettingView,
  type ShadowCounts,
  type WaitView,
} from './control/operator.js';
export { actDirectly, type DirectAct } from './control/direct.js';
export { type ParkedRow } from './side/side.js';
export { bucketOf, buckets } from './bucket.js';
export { offerKey } from './callers/key-exchange.js';
export { KeyStore } from './callers/key-store.js';
export { type Caller } from './callers/caller.js';
export { currentContext, withContext, type CallContext } from './context.js';
export { Executor } from './executor.js';
export { LocalModules } from './here.js';
export { type Member } from './member.js';
export { type Phase, type Policy, type Side } from './phase.js';
export { defaultRetention, leastResultsMs, type Retention } from './pruning/retention.js';
export { InjectPort, portToken } from './ports.js';
export { Router, type CallOptions, type Port, type RemoteCalls } from './router.js';
export { routeOf, Routes, type RouteEntry, type RouteTable } from './routes.js';
export { call, own, type Saga, type Step } from './saga/saga.js';
export { Shape } from './shape.js';
export { type OwnerMigration } from './tables.js';
export { StranglerModule, type FeatureOptions, type StranglerOptions } from './strangler.module.js';
export { NatsCalls } from './rpc/client.js';
export { NatsLink } from './rpc/link.js';
export { monolithUser, natsPermissions, type NatsUser } from './rpc/permissions.js';
export { Subjects } from './rpc/subjects.js';
export { ShopFinder, type KeptRoutes } from './rpc/find-shop.js';
export { followRoutes, publishRoutes } from './rpc/route-sync.js';
export { ContractServer } from './rpc/server.js';
export { type CallObserver } from './call-observer.js';
export { Database, type Queryable } from './database.js';
export { noCalls, type Calls, type Comparisons } from './evidence/evidence.js';
export { percentile } from './evidence/histogram.js';
export { reportCalls } from './evidence/program-reports.js';
export { judge } from './evidence/judgement.js';
export { errorShare, mismatchShare, slowness, slowShare, type Measure } from './evidence/measures.js';
export { Windows } from './evidence/windows.js';
export { compare } from './shadow/compare.js';
export { ShadowStore } from './shadow/shadow-store.js';
export { LeaderLock } from './control/leader-lock.js';
export { defaultSettings, type GateLimits } from './control/settings.js';
export { nearest } from './control/nearest.js';
export { routeEditOf, type RouteFileChange } from './control/file-edit.js';
export { FileWriter } from './control/file-writer.js';
export { copiesIn, CopiesError } from './control/copies.js';
export { routeSettingsOf, type RouteRun, type RouteWish, type Upstream } from './control/route-wishes.js';
export { parseFile, type FileWishes } from './control/wishes.js';
export { WishesFile } from './control/wishes-file.js';
export { Gates, Rises, Shares, Time, type WrittenSettings } from './control/written-settings.js';
export { CallWatch } from './control/call-watch.js';
export { decommissionedModules } from './control/decommissioned.js';
export { type Advice } from './control/advice.js';
export { Steering } from './control/steering.js';
export { Agents } from './side/agents.js';
export { noticingSilence } from './silence.js';
export { observers } from './metrics/call-tally.js';
export { ToolkitMetrics } from './metrics/toolkit-metrics.js';
export { adminDocument } from './admin/openapi/document.js';
