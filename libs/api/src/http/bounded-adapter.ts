import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { createServer, type RequestListener } from 'node:http';

/** What a listener grants to those who connect. */
export interface ConnectionLimits {
  /** From the connection, or from the end of the request before, until all headers are there, in ms. */
  headersMs: number;
  /** The same until the whole request is there, in ms: who sends a byte now and then keeps nothing open. */
  requestMs: number;
  /** How often is looked for those who are late, in ms. */
  lookMs: number;
  /** Connections at the same time; one more is closed at once. */
  connections: number;
}

/** Of the shop and of the admin listener. */
export const connectionLimits: ConnectionLimits = {
  headersMs: 15_000,
  requestMs: 30_000,
  lookMs: 2_000,
  connections: 1_000,
};

/** Express behind a server that waits for nobody without end. */
export class BoundedAdapter extends ExpressAdapter {
  constructor(private readonly limits: ConnectionLimits = connectionLimits) {
    super();
  }

  override initHttpServer(_options: NestApplicationOptions): void {
    const { headersMs, requestMs, lookMs, connections } = this.limits;
    const times = {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: lookMs,
    };
    const server = createServer(times, this.getInstance<RequestListener>());
    server.maxConnections = connections;
    // A connection that is always busy (a proxy's) would keep a server that ends open for ever.
    server.prependListener('request', (_request, response) => {
      if (!server.listening) response.setHeader('Connection', 'close');
    });
    this.setHttpServer(server);
  }
}
