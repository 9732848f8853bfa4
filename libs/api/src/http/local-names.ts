import type { RequestHandler } from 'express';
import { refusal } from '../errors/problems.js';

const local = /^(?:localhost|[\w-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * For a listener on loopback: refuses who asks for another name. A page of `evil.example` whose name leads here (DNS rebinding) would be
 * of the same origin for its browser, and read what it likes. HTTP/1.0 without a name is no browser's.
 */
export const onlyLocalNames: RequestHandler = ({ headers }, _response, next) =>
  headers.host === undefined || local.test(headers.host)
    ? next()
    : next(refusal('forbidden', 'this listener answers to localhost alone'));
