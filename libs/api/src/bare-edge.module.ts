import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { guard } from '#edge';
import type { Logger } from 'pino';
import type { TokenVerifier } from './auth/token-verifier.js';
import { ProblemFilter } from './errors/problem.filter.js';
import { accessLog, logUnreadable } from './http/access-log.js';
import type { BoundedAdapter } from './http/bounded-adapter.js';
import { callContext } from './http/call-context.js';
import { divide, type Elsewhere } from './http/edge.js';
import { inOrder } from './http/in-order.js';
import { noPaths } from './http/own-paths.js';
import { noProbes } from './http/probe.js';
import { RequestTimes, timeRequests } from './http/request-times.js';
import { utf8Url } from './http/json-bodies.js';
import { securityHeaders } from './http/security-headers.js';
import { limitAddresses, RateGuard } from './limits/limit-requests.js';
import { Load } from './limits/load.js';
import { RateLimits, type RateOptions } from './limits/rate-limits.js';

/** The HTTP edge without the API: it knows no module, and no path is its own. */
@Module({})
export class BareEdgeModule {
  /** `rates`: how many requests are taken. */
  static forRoot(rates: RateOptions): DynamicModule {
    return {
      module: BareEdgeModule,
      providers: [
        { provide: RateLimits, useFactory: () => new RateLimits(rates) },
        RequestTimes,
        { provide: Load, useFactory: () => new Load() },
        // A limit of a route that is not there is refused, as ever.
        { provide: APP_GUARD, useClass: RateGuard },
      ],
    };
  }
}

export interface BareHttpOptions {
  accessLog: Logger | undefined;
  /** Proxies before this process. */
  proxies: number;
  elsewhere: Elsewhere;
  /** Whose tokens name a person; left out: nobody's. */
  tokens?: Pick<TokenVerifier, 'bearerOf'> | undefined;
}

const nobodys = { bearerOf: async () => undefined };

/** As `configureHttp`, for a process without the API: what can be read in one way is passed on, and nothing is answered here. */
export function configureBareEdge(
  app: NestExpressApplication,
  adapter: BoundedAdapter,
  { accessLog: logger, proxies, elsewhere, tokens = nobodys }: BareHttpOptions,
): void {
  app.disable('x-powered-by');
  app.set('trust proxy', proxies);
  app.use(
    inOrder(
      callContext({ servedBy: false }),
      timeRequests(app),
      ...(logger ? [accessLog(logger, { probes: noProbes })] : []),
      guard,
      securityHeaders,
      limitAddresses(app.get(RateLimits, { strict: false }), noProbes),
      utf8Url,
    ),
  );
  const { requestMs } = adapter.limits;
  adapter.before(divide(app, elsewhere, { accessLog: logger, proxies, requestMs, own: noPaths, tokens }));
  if (logger) logUnreadable(app.getHttpServer(), logger);
  app.useGlobalFilters(new ProblemFilter());
}
