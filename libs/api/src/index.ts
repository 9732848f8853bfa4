export { ApiModule, type ApiOptions } from './api.module.js';
export { cacheGauges } from './cache/cache-gauges.js';
export { TokenVerifier, type IdentityProvider } from './auth/token-verifier.js';
export { AdminGuard } from './auth/admin.guard.js';
export { type BootstrapAdmin } from './auth/bootstrap-login.js';
export { configureAdmin, configureHttp, type HttpOptions } from './configure-http.js';
export { type LimitStore } from './limits/attempts.js';
export { type ReadinessCheck } from './readiness.js';
export { BoundedAdapter } from './http/bounded-adapter.js';
