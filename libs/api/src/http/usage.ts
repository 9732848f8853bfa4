import { Injectable, type INestApplication } from '@nestjs/common';
import type { RequestHandler } from 'express';
import type { IncomingMessage } from 'node:http';
import type { SignedRequest } from '../auth/principal.js';

/** Names of clients that are told apart; all others are `other`. */
const mostClients = 50;
const other = 'other';

/** The product that a client names first in `User-Agent` (RFC 9110, 10.1.5): `shop-app` of `shop-app/3.1 (Android)`. */
const product = /^[A-Za-z][\w.+-]{0,31}(?=[/ ]|$)/;

const versioned = /^\/api\/(v[12])(?=\/)/;

interface Tally {
  labels: { version: string; client: string; deprecated: string };
  value: number;
}

/**
 * Who uses which version of the API. `User-Agent` is what a client says of itself, so it is a label here and nothing else, and of
 * labels there have to be few: the first {@link mostClients} names with which somebody who has logged in was seen keep theirs.
 */
@Injectable()
export class ApiUsage {
  private readonly clients = new Set<string>();
  private readonly counts = new Map<string, Tally>();

  /** @param known whether the client is somebody who has logged in: only such a one adds a name */
  count({ version, agent, known, deprecated }: Use): void {
    const client = this.clientOf(agent, known);
    const key = `${version} ${deprecated} ${client}`;
    const tally = this.counts.get(key);
    if (tally) tally.value++;
    else this.counts.set(key, { labels: { version, client, deprecated: String(deprecated) }, value: 1 });
  }

  /** Counts a request that is over, whatever came of it, if it was for a version of the API. */
  countRequest(
    request: IncomingMessage & Pick<Partial<SignedRequest>, 'principal'>,
    deprecated: boolean,
  ): void {
    const version = versioned.exec(request.url ?? '')?.[1];
    if (version === undefined) return;
    const known = request.principal !== undefined;
    this.count({ version, agent: request.headers['user-agent'], known, deprecated });
  }

  get figures(): readonly Tally[] {
    return [...this.counts.values()];
  }

  private clientOf(agent: string | undefined, known: boolean): string {
    const name = agent === undefined ? undefined : product.exec(agent)?.[0];
    if (name === undefined) return other;
    if (this.clients.has(name)) return name;
    if (!known || this.clients.size >= mostClients) return other;
    this.clients.add(name);
    return name;
  }
}

interface Use {
  version: string;
  agent: string | undefined;
  known: boolean;
  deprecated: boolean;
}

/** Counts each request for a version of the API when it is over, whatever came of it. */
export function countUsage(app: INestApplication): RequestHandler {
  const usage = app.get(ApiUsage, { strict: false });
  return (request: SignedRequest, response, next) => {
    response.once('close', () => usage.countRequest(request, response.hasHeader('Deprecation')));
    next();
  };
}

/** The same for whoever is scraped. */
export function usageGauges(app: INestApplication) {
  const usage = app.get(ApiUsage, { strict: false });
  return {
    gauges: {
      api_requests: {
        help: 'Requests since the start, by version of the API, by the product that the client names itself, and whether the operation is deprecated',
        labels: ['version', 'client', 'deprecated'],
      },
    },
    read: async () => ({ api_requests: usage.figures }),
  };
}
