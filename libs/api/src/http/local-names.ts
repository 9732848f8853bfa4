import { asksForThisMachine } from 'nestjs-strangler';
import type { RequestHandler } from 'express';
import { refusal } from '../errors/problems.js';

/** For a listener on loopback: refuses who asks for another name. */
export const onlyLocalNames: RequestHandler = ({ headers }, _response, next) =>
  asksForThisMachine(headers.host)
    ? next()
    : next(refusal('forbidden', 'this listener answers to localhost alone'));
