import type { TalliedHistogram } from '#platform';
import { Injectable, type INestApplication } from '@nestjs/common';
import type { RequestHandler } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { routeOf } from './route-of.js';

/** Upper bounds of the histogram's buckets, in seconds. */
const bounds: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

const classes = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'];
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

interface Tally {
  readonly labels: { readonly method: string; readonly route: string; readonly status: string };
  readonly counts: number[];
  sum: number;
}

/**
 * How long requests took, by method, route and class of status. On the path of every request: it only adds up. Routes are patterns, and
 * paths of `strangler.yaml`, never what a client has written: so it cannot grow.
 */
@Injectable()
export class RequestTimes {
  private readonly tallies = new Map<string, Tally>();

  /**
   * Counts a request that is over.
   * @param route a pattern; `none`: nothing of the API has the path, or it was refused before that was looked at
   * @param since ms of `performance.now()`
   */
  over(
    { method }: IncomingMessage,
    response: ServerResponse,
    route: string | undefined,
    since: number,
  ): void {
    // The client may have left before there was one.
    const status = response.headersSent ? classes[Math.trunc(response.statusCode / 100)] : classes[0];
    const key = `${method} ${status} ${route}`;
    const tally = this.tallies.get(key) ?? this.begin(key, method, route, status);
    const seconds = (performance.now() - since) / 1_000;
    let bucket = 0;
    while (seconds > bounds[bucket]!) bucket++;
    tally.counts[bucket]!++;
    tally.sum += seconds;
  }

  get figures() {
    return [...new Set(this.tallies.values())].map(({ labels, counts, sum }) => ({
      ...{ labels, counts, sum },
      count: counts.reduce((all, each) => all + each, 0),
    }));
  }

  /** Made-up methods share one tally. */
  private begin(key: string, method = '', route = 'none', status = ''): Tally {
    const labels = { method: methods.has(method) ? method : 'other', route, status };
    const own = methods.has(method) ? key : `other ${status} ${route}`;
    const tally = this.tallies.get(own) ?? {
      labels,
      counts: new Array<number>(bounds.length + 1).fill(0),
      sum: 0,
    };
    this.tallies.set(own, tally);
    return tally;
  }
}

/** Counts each request that comes here, when it is over. */
export function timeRequests(app: INestApplication): RequestHandler {
  const times = app.get(RequestTimes, { strict: false });
  return (request, response, next) => {
    const since = performance.now();
    response.once('close', () => times.over(request, response, routeOf(request, response), since));
    next();
  };
}

/** The same for whoever is scraped. */
export function requestHistogram(app: INestApplication): TalliedHistogram {
  const times = app.get(RequestTimes, { strict: false });
  return {
    name: 'api_request_seconds',
    help: 'Requests until they were over, by method, route and class of status',
    labels: ['method', 'route', 'status'],
    bounds,
    read: () => times.figures,
  };
}
