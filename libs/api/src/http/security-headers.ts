import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { fixedHeaders } from './headers.js';

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

export const headersOfData = fixedHeaders(ofData);
const headersOfDocs = fixedHeaders(ofDocs);

/** What browsers may do with an answer. */
export const securityHeaders: RequestHandler = ({ url }, response, next) => {
  const headers = /^\/docs(?:[/?]|$)/.test(url) ? headersOfDocs : headersOfData;
  for (const [name, value] of headers) response.setHeader(name, value);
  next();
};
