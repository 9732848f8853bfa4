import type { RequestHandler } from 'express';
import { refusal } from '../errors/problems.js';

/** What has a second version; everything else answers as v1, whatever version is asked for in the header. */
const secondVersions = /^\/users\/[^/?]+\/?(?:\?|$)/;

const versioned = /^\/api\/v(\d+)(?=\/)/;

/**
 * Chooses a version by header: `/api/users/1` and `/api/v1/users/1` with `Accept-Version: v2` are `/api/v2/users/1`.
 * A path that names another version than the first means it.
 */
export const acceptVersion: RequestHandler = (request, _response, next) => {
  const { url, headers } = request;
  const path = versioned.exec(url);
  const asked = headers['accept-version'];
  if ((path && asked === undefined) || !url.startsWith('/api/')) return next();
  if (asked !== undefined && asked !== 'v1' && asked !== 'v2') {
    return next(refusal('validation_failed', 'Accept-Version has to be v1 or v2'));
  }
  if (path && path[1] !== '1') return next();
  const rest = url.slice(path ? path[0].length : '/api'.length);
  request.url = `/api/${asked === 'v2' && secondVersions.test(rest) ? 'v2' : 'v1'}${rest}`;
  next();
};
