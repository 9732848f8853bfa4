import type { NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { AddressShare, Certificate } from '#platform';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Express } from 'express';
import { addressKey, isLoopback } from '../limits/keys.js';
import { UnreadAnswers, type LeastRate } from './unread-answers.js';

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
  /** How slowly an answer may be taken. One that is passed on is bounded by who passes it on, until it is whole. */
  leastRate: LeastRate;
  /** Of those, of one address; who connects, whatever headers say: it is decided before a byte is read. */
  perAddress?: AddressShare | undefined;
}

/** Of the shop and of the admin listener. */
export const connectionLimits: ConnectionLimits = {
  headersMs: 15_000,
  requestMs: 30_000,
  lookMs: 2_000,
  connections: 1_000,
  leastRate: { overMs: 20_000, bytesPerS: 500 },
};

/** Requests that a client may send ahead on a connection; one more closes it. */
const mostAhead = 100;

/** Gets each request before Express does; `toExpress` hands it on, untouched. */
export type Front = (request: IncomingMessage, response: ServerResponse, toExpress: () => void) => void;

/** Express behind a server that waits for nobody without end. */
export class BoundedAdapter extends ExpressAdapter {
  /** Connections that were closed at once, since the start. */
  readonly refused = { address: 0, listener: 0 };
  readonly unread: UnreadAnswers;
  private front: Front | undefined;
  private readonly held = new Map<string, number>();
  /** Requests that wait for those before them on their connection. */
  private readonly ahead = new WeakMap<Socket, number>();

  /** With a certificate it speaks HTTPS alone. */
  constructor(
    readonly limits: ConnectionLimits = connectionLimits,
    private readonly certificate?: Certificate,
  ) {
    super();
    const express = this.getInstance<Express>();
    this.unread = new UnreadAnswers(limits.leastRate, (answer) =>
      Object.prototype.isPrototypeOf.call(express.response, answer),
    );
  }

  override initHttpServer(_options: NestApplicationOptions): void {
    const { headersMs, requestMs, lookMs, connections, perAddress } = this.limits;
    const times = {
      headersTimeout: Math.min(headersMs, requestMs),
      requestTimeout: requestMs,
      connectionsCheckingInterval: lookMs,
    };
    const server = this.createServer(times);
    server.maxConnections = connections;
    server.on('drop', () => this.refused.listener++);
    this.unread.follow(server, this.certificate ? 'secureConnection' : 'connection', lookMs);
    if (perAddress) server.prependListener('connection', (socket) => this.admit(socket, perAddress));
    // Node would answer 417 by itself, where nobody counts it. A server may as well ignore what it does not know (RFC 9110, 10.1.1).
    server.on('checkExpectation', (...of) => server.emit('request', ...of));
    // A connection that is always busy (a proxy's) would keep a server that ends open for ever.
    server.prependListener('request', (_request, response) => {
      if (!server.listening) response.setHeader('Connection', 'close');
    });
    this.setHttpServer(server);
  }

  /**
   * From now on `front` gets each request first, before those that were given here earlier. What it answers by itself costs half: Express gives each request and each answer another
   * prototype, and all that Node does with them afterwards is slower.
   */
  before(front: Front): void {
    const next = this.front;
    this.front = next
      ? (request, response, toExpress) => front(request, response, () => next(request, response, toExpress))
      : front;
  }

  /** Closes one more than an address may have. With TLS this comes before the handshake, which costs most. */
  private admit(socket: Socket, { most, loopback }: AddressShare): void {
    const { held, refused } = this;
    const key = addressKey(socket.remoteAddress);
    if (!loopback && isLoopback(key)) return;
    const count = (held.get(key) ?? 0) + 1;
    if (count > most) {
      refused.address++;
      return void socket.destroy();
    }
    held.set(key, count);
    socket.once('close', () => {
      const left = held.get(key)! - 1;
      if (left === 0) held.delete(key);
      else held.set(key, left);
    });
  }

  /**
   * Begins a request when those before it on its connection are answered. Node would begin all that a client has sent ahead, and tell nobody
   * when the connection of those that wait ends: what they hold would be held for ever.
   */
  private inTurn({ socket }: IncomingMessage, response: ServerResponse, begin: () => void): void {
    if (response.socket) return begin();
    const ahead = (this.ahead.get(socket) ?? 0) + 1;
    if (ahead > mostAhead) return void socket.destroy();
    this.ahead.set(socket, ahead);
    response.once('socket', () => {
      this.ahead.set(socket, this.ahead.get(socket)! - 1);
      begin();
    });
  }

  private createServer(times: ServerOptions): Server {
    const express = this.getInstance<RequestListener>();
    const handle: RequestListener = (request, response) =>
      this.inTurn(request, response, () => {
        if (this.front) this.front(request, response, () => express(request, response));
        else express(request, response);
      });
    if (!this.certificate) return createServer(times, handle);
    const options = { ...times, ...this.certificate.options, handshakeTimeout: this.limits.headersMs };
    const server = createTlsServer(options, handle);
    this.certificate.follow(server);
    return server;
  }
}
