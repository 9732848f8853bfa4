export { clientAddress } from './forwarded.js';
export { admits, guard, routeOf } from './guard.js';
export { hasBody, isIdentityHeader } from './header-rules.js';
export { passThrough, type OwnHeaders, type PassThrough, type PassThroughOptions } from './pass-through.js';
export { type ChooseUpstream, type Outcome } from './outcome.js';
export { refuse, type Failure } from './failure.js';
export { type Times } from './try.js';
export { inTurn, turnGauges, Turns } from './turns.js';
export { whyNot } from './why-not.js';
export { Upstream, type UpstreamLimits } from './upstream.js';
export { type RouteAction } from './routes/actions.js';
export { EdgeRoutes, EdgeRoutesError, type EdgeRoutesOptions } from './routes/edge-routes.js';
export {
  RouteOperator,
  type RouteAnswer,
  type RouteMismatch,
  type RouteStatus,
  type UpstreamView,
} from './routes/route-operator.js';
export { routeFor } from './routes/route-for.js';
export { routeGauges } from './routes/route-gauges.js';
export { type RouteTraffic } from './routes/route-traffic.js';
export { RoutesController } from './routes/routes.controller.js';
export { type RouteEntry } from './routes/store.js';
export { copiesSetting } from './pool/copies-setting.js';
export { upstreamGauges } from './pool/pool-gauges.js';
export { UpstreamPool } from './pool/upstream-pool.js';
export { UpstreamPools } from './pool/upstream-pools.js';
