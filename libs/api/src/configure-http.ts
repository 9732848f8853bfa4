import { requestLog } from '#platform';
import { VersioningType } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import { ProblemFilter } from './errors/problem.filter.js';
import { acceptVersion } from './http/accept-version.js';
import { callContext } from './http/call-context.js';
import { ShapePipe } from './http/shape.pipe.js';
import { serveDocs } from './openapi/document.js';

export interface HttpOptions {
  /** Gets one line a request; none are written without it. */
  logger?: Logger;
  /** Whether answers tell in `X-Served-By` which sides worked on them (default true). */
  servedBy?: boolean;
}

/** An order of 1,000 lines takes about 50 kB. */
const bodyLimit = '1mb';

/**
 * Makes a Nest application answer as the shop's API does. To be called once, after it was created (with
 * `bodyParser: false`) and before it listens.
 */
export function configureHttp(
  app: NestExpressApplication,
  { logger, servedBy = true }: HttpOptions = {},
): void {
  app.disable('x-powered-by');
  // Nothing may be stored (see callContext), so there is nothing to compare with.
  app.set('etag', false);
  app.use(callContext({ servedBy }));
  if (logger) app.use(requestLog(logger));
  app.use(acceptVersion);
  // The prefix stands in the version and is no global one: health, docs and keys have neither.
  app.enableVersioning({ type: VersioningType.URI, prefix: 'api/v', defaultVersion: '1' });
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(new ShapePipe());
  serveDocs(app);
  app.useBodyParser('json', { limit: bodyLimit });
}

/** The same for the admin listener: request ids, log lines and problems as the shop has them; no docs, no versions. */
export function configureAdmin(app: NestExpressApplication, logger: Logger): void {
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use(callContext({ servedBy: false }));
  app.use(requestLog(logger));
  app.useGlobalFilters(new ProblemFilter());
  app.useBodyParser('json', { limit: bodyLimit });
}
