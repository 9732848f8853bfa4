export { guard, routeOf } from './guard.js';
export { isIdentityHeader } from './header-rules.js';
export { passThrough, type PassThroughOptions } from './pass-through.js';
export { type ChooseUpstream, type Outcome } from './outcome.js';
export { type Failure } from './failure.js';
export { safePath, type SafePath, type UnsafePath } from './safe-path.js';
export { type Times } from './try.js';
export { Upstream, type UpstreamLimits } from './upstream.js';
