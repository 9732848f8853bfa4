import cors from 'cors';
import type { RequestHandler } from 'express';

/** How long a browser may remember what it was told it may do, in s. Chromium remembers no longer. */
const rememberedS = 7_200;

/** Headers that browsers may send; the method of a request is up to the handler. */
const mayBeSent = [
  ...['Authorization', 'Content-Type', 'Idempotency-Key', 'Accept-Version', 'If-None-Match', 'X-Request-Id'],
  ...['traceparent', 'tracestate'],
];

/** Headers of answers that a page may read beside those that it always may. */
const mayBeRead = [
  ...['Allow', 'ETag', 'Location', 'Link', 'Deprecation', 'Sunset', 'Retry-After', 'WWW-Authenticate'],
  ...['RateLimit', 'RateLimit-Policy'],
  ...['X-Request-Id', 'X-Served-By', 'X-Served-Stale'],
];

/**
 * Lets pages of these origins, and of no others, ask the API from a browser (Fetch Standard, "CORS protocol"). Credentials may be sent: an
 * origin that stands here is trusted as the shop's own pages are. Other clients do not care.
 *
 * @param origins as browsers send them: `https://shop.example`
 */
export function admitOrigins(origins: readonly string[]): RequestHandler[] {
  if (origins.length === 0) return [];
  const admit = cors({
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: mayBeSent,
    exposedHeaders: mayBeRead,
    credentials: true,
    maxAge: rememberedS,
  });
  return [admit];
}
