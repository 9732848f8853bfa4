import { addressKey, isLoopback, type Elsewhere } from '#api';
import {
  clientAddress,
  inTurn,
  passThrough,
  Turns,
  type PassThrough,
  type RouteTraffic,
  type Times,
  type UpstreamPool,
} from '#edge';
import type { AddressShare } from '#platform';
import type { IncomingMessage } from 'node:http';

interface Options {
  times: Partial<Times>;
  /** Before this process, that are trusted. */
  proxies: number;
  share: Share | undefined;
}

/** What one address may have under way. */
export interface Share {
  turns: Turns;
  loopback: boolean;
}

/** As many wait as a browser asks for at once for a page with its pictures. */
export const shareOf = (perAddress: AddressShare | undefined): Share | undefined =>
  perAddress && {
    turns: new Turns({ atOnce: perAddress.most, waiting: 4 * perAddress.most, waitMs: 3_000 }),
    loopback: perAddress.loopback,
  };

/** What is not the API's: routes of the edge, and the application that everything else goes to, if there is one. */
export function elsewhere(
  routes: RouteTraffic,
  legacy: UpstreamPool | undefined,
  { times, proxies, share }: Options,
): Elsewhere {
  const callerOf = (request: IncomingMessage) => {
    const key = addressKey(clientAddress(request, proxies));
    return share?.loopback === false && isLoopback(key) ? undefined : key;
  };
  const to = ({ choose: upstreamOf, mayMove, done: onDone }: RouteTraffic | UpstreamPool) => {
    const passOn = passThrough({ upstreamOf, mayMove, onDone, times, proxies });
    return share ? inTurn(share.turns, callerOf, passOn) : passOn;
  };
  const [toUpstreamOfRoute, toLegacy] = [to(routes), legacy && to(legacy)];
  const toRoute: PassThrough = (request, response, next, own) =>
    routes.handler(request, response, (error) => {
      if (error !== undefined) return next(error);
      toUpstreamOfRoute(request, response, next, own);
    });
  const answering = (request: IncomingMessage) => (routes.hasRoute(request) ? toRoute : toLegacy);
  return Object.assign(answering, { told: routes.told });
}
