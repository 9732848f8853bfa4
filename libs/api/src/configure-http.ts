import { guard } from '#edge';
import { VersioningType } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { TokenVerifier } from './auth/token-verifier.js';
import { ProblemFilter } from './errors/problem.filter.js';
import { most } from './graphql/limits.js';
import { plainReads } from './cache/plain-reads.js';
import { acceptVersion } from './http/accept-version.js';
import { accessLog, logUnreadable } from './http/access-log.js';
import { callContext } from './http/call-context.js';
import { admitOrigins } from './http/cross-origin.js';
import { divide, type Elsewhere } from './http/edge.js';
import { ownPaths } from './http/own-paths.js';
import { BoundedAdapter } from './http/bounded-adapter.js';
import { weakEtag } from './http/etag.js';
import { inOrder } from './http/in-order.js';
import { readJsonBodies, utf8Url, type BodyLimits } from './http/json-bodies.js';
import { timeRequests } from './http/request-times.js';
import { securityHeaders } from './http/security-headers.js';
import { ShapePipe } from './http/shape.pipe.js';
import { countUsage } from './http/usage.js';
import { limitAddresses } from './limits/limit-requests.js';
import { RateLimits } from './limits/rate-limits.js';
import { serveDocs } from './openapi/document.js';

export interface HttpOptions {
  /** Gets one line a request; without it none are written. */
  accessLog?: Logger | undefined;
  /** Whether answers tell in `X-Served-By` which sides worked on them (default true). */
  servedBy?: boolean;
  /** Proxies before this process, each of which adds to `X-Forwarded-For` (default 0: who connects is the client). */
  proxies?: number;
  /** Origins whose pages may ask from a browser, as `https://shop.example` (default none). */
  origins?: readonly string[];
  /** Gets every request for a path that no route of the API has, with its body unread; without it such a path is 404. Needs a {@link BoundedAdapter}. */
  elsewhere?: Elsewhere | undefined;
}

/** Nothing but an order takes more than a few hundred bytes; one of 1,000 lines takes 65 kB, twice that with indents. */
const shopBodies: BodyLimits = {
  most: 10_240,
  larger: [
    { path: /^\/api\/v1\/orders\/?(?:\?|$)/, limit: 131_072 },
    { path: /^\/graphql\/?(?:\?|$)/, limit: most.bytes, tooLarge: 'validation_failed' },
  ],
};

/** A thousand quarantined rows to discard, by their ids, take 17 kB. */
const adminBodies: BodyLimits = { most: 32_768 };

/**
 * Makes a Nest application answer as the shop's API does. To be called once, after it was created (with
 * `bodyParser: false`) and before it listens.
 */
export function configureHttp(
  app: NestExpressApplication,
  { accessLog: logger, servedBy = true, proxies = 0, origins = [], elsewhere }: HttpOptions = {},
): void {
  app.disable('x-powered-by');
  app.set('etag', weakEtag);
  // Exactly so many: from one more, anybody could send whatever address they like.
  app.set('trust proxy', proxies);
  const problems = new ProblemFilter();
  app.use(
    inOrder(
      callContext({ servedBy }),
      timeRequests(app),
      ...(logger ? [accessLog(logger)] : []),
      // Before all that looks at a path or a header: also a proxy in front of the shop might read it in another way.
      guard,
      countUsage(app),
      securityHeaders,
      // Before what refuses: a page has to be able to read why.
      ...admitOrigins(origins),
      limitAddresses(app.get(RateLimits, { strict: false })),
      utf8Url,
      acceptVersion,
    ),
  );
  const adapter: unknown = app.getHttpAdapter();
  if (adapter instanceof BoundedAdapter) {
    const { requestMs } = adapter.limits;
    if (elsewhere) {
      const tokens = app.get<TokenVerifier>(TokenVerifier, { strict: false });
      const front = { accessLog: logger, proxies, requestMs, own: ownPaths(app), tokens };
      adapter.before(divide(app, elsewhere, front));
    }
    adapter.before(plainReads(app, { accessLog: logger, servedBy, proxies, origins, problems }));
  }
  if (logger) logUnreadable(app.getHttpServer(), logger);
  // The prefix stands in the version and is no global one: health, docs and keys have neither.
  app.enableVersioning({ type: VersioningType.URI, prefix: 'api/v', defaultVersion: '1' });
  app.useGlobalFilters(problems);
  app.useGlobalPipes(new ShapePipe());
  serveDocs(app);
  readJsonBodies(app, shopBodies);
}

/** The same for the admin listener: request ids, log lines and problems as the shop has them; no docs, no versions. */
export function configureAdmin(app: NestExpressApplication, logger: Logger): void {
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(callContext({ servedBy: false }));
  // Who watches asks every second.
  app.use(accessLog(logger, { reads: 'debug' }));
  app.use(securityHeaders);
  app.use(utf8Url);
  app.useGlobalFilters(new ProblemFilter('operators'));
  readJsonBodies(app, adminBodies);
}
