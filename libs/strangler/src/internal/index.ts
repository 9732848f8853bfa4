export { Actor } from '../operate/actor.js';
export { PlainBody, SteeringBody } from '../control/commands/bodies.js';
export { MismatchesBody } from '../control/commands/mismatches.js';
export { ShiftBody } from '../control/commands/shift.js';
export { assertUnderstood, limitIn, reader, type BodyReader } from '../operate/request.js';
export { RefusalsInterceptor } from '../operate/refusals.interceptor.js';
export { Routes, type RouteTable } from '../routes/routes.js';
export { type Measured } from '../nest/process.js';
export { natsConnection } from '../nats/connection.js';
export { inTime } from '../operate/health/in-time.js';
export { type KeptRoutes } from '../nats/find-shop.js';
export { Database, type Queryable } from '../database/database.js';
export { noCalls, type Calls, type Comparisons } from '../evidence/evidence.js';
export { percentile } from '../evidence/histogram.js';
export { judge } from '../evidence/judgement.js';
export { errorShare, mismatchShare, slowness, slowShare, type Measure } from '../evidence/measures.js';
export { Windows } from '../evidence/windows.js';
export { compare } from '../calls/shadow/compare.js';
export { ShadowStore } from '../calls/shadow/shadow-store.js';
export { LeaderLock } from '../control/store/leader-lock.js';
export { defaultSettings, type GateLimits } from '../control/config/settings.js';
export { nearest } from '../control/terms/nearest.js';
export { routeEditOf, type RouteFileChange } from '../control/config/file-edit.js';
export { FileWriter } from '../control/config/file-writer.js';
export { copiesIn, CopiesError } from '../control/config/copies.js';
export {
  routeSettingsOf,
  type RouteRun,
  type RouteWish,
  type Upstream,
} from '../control/config/route-wishes.js';
export { parseFile, WishesError } from '../control/config/wishes.js';
export { WishesFile } from '../control/config/wishes-file.js';
export { Gates, Rises, Shares, Time } from '../control/config/written-settings.js';
export { CallMetrics } from '../control/call-metrics.js';
export { decommissionedModules } from '../control/store/decommissioned.js';
export { openSpan, spanContextOf, type TraceContext } from '../database/tracing.js';
export { noticingSilence } from '../database/silence.js';
export { isWebhookSecret, isWebhookUrl } from '../control/webhooks/webhook-options.js';
export { adminDocument } from '../operate/openapi/document.js';
