import { isUtf8 } from 'node:buffer';
import type { NestExpressApplication } from '@nestjs/platform-express';
import express, { type Request, type RequestHandler } from 'express';
import { refusal } from '../errors/problems.js';

/** How many bytes the body of a request may have, unpacked. */
export interface BodyLimits {
  /** Where nothing else is said. */
  most: number;
  /** For paths that need more. */
  larger?: readonly { path: RegExp; limit: number; tooLarge?: 'validation_failed' }[];
}

/** Reads bodies: JSON in UTF-8 (RFC 8259), and not more of it than a route needs. */
export function readJsonBodies(app: NestExpressApplication, { most, larger = [] }: BodyLimits): void {
  app.use(jsonOnly);
  for (const { path, limit, tooLarge } of larger) {
    const read = express.json({ limit, verify: utf8Only, type: ({ url = '' }) => path.test(url) });
    app.use(tooLarge ? sayingOfSize(read, tooLarge, limit) : read);
  }
  app.use(express.json({ limit: most, verify: utf8Only }));
}

/** What is too large is wrong as anything else that is asked for there. */
const sayingOfSize =
  (read: RequestHandler, code: 'validation_failed', limit: number): RequestHandler =>
  (request, response, next) =>
    void read(request, response, (error?: unknown) => {
      const isTooLarge = (error as { type?: unknown } | undefined)?.type === 'entity.too.large';
      next(isTooLarge ? refusal(code, `the body may have ${limit} bytes`) : error);
    });

/** A body of another type would be left unread, and look as if there were none. */
const jsonOnly: RequestHandler = (request, _response, next) => {
  if (!hasBody(request) || jsonType.test(request.headers['content-type'] ?? '')) return next();
  next(refusal('unsupported_media_type', 'Content-Type has to be application/json, in UTF-8'));
};

/** Whether more comes after the headers. */
export const hasBody = ({ headers }: Pick<Request, 'headers'>): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const jsonType = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i;

/** Decoders put U+FFFD in the place of what is no UTF-8: something else would be stored than was sent. */
function utf8Only(_request: unknown, _response: unknown, body: Buffer): void {
  if (!isUtf8(body)) throw Object.assign(new Error('the body is not valid UTF-8'), { statusCode: 400 });
}

/** The same for paths and queries: what is percent-encoded has to be UTF-8. */
export const utf8Url: RequestHandler = ({ url }, _response, next) => {
  if (!url.includes('%') || isDecodable(url)) return next();
  next(refusal('validation_failed', 'the URL is not percent-encoded UTF-8'));
};

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
