import type { Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';

const common = {
  // Whoever ends TLS before us knows whether all of his domain has it.
  strictTransportSecurity: false,
  xPoweredBy: false,
} as const;

/** Answers of the API are data: whatever a browser makes of one, it loads and runs nothing. */
const ofData = helmet({
  ...common,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
});

/** Swagger UI loads its own files and asks its own API; it styles itself in place, and has images in its styles. */
const ofDocs = helmet({
  ...common,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
});

type Headers = readonly (readonly [name: string, value: string])[];

/** What a helmet writes is always the same: it is asked once. */
function headersOf(middleware: ReturnType<typeof helmet>): Headers {
  const headers = new Map<string, string>();
  const response = {
    setHeader: (name: string, value: string) => headers.set(name, value),
    removeHeader: (name: string) => headers.delete(name),
  };
  middleware({} as Request, response as unknown as Response, () => undefined);
  return [...headers];
}

const headersOfData = headersOf(ofData);
const headersOfDocs = headersOf(ofDocs);

/** What browsers may do with an answer. */
export const securityHeaders: RequestHandler = ({ url }, response, next) => {
  const headers = /^\/docs(?:[/?]|$)/.test(url) ? headersOfDocs : headersOfData;
  for (const [name, value] of headers) response.setHeader(name, value);
  next();
};
