import { Closing } from '#platform';
import proxyPlugin from '@fastify/http-proxy';
import express from 'express';
import expressHttpProxy from 'express-http-proxy';
import fastify from 'fastify';
import { createProxyServer } from 'httpxy';
import { Agent, createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from '../rpc/contract.js';
import { remotePort } from '../rpc/remote.js';
import { goodsHere, goodsServed, goodsThere } from './goods.js';

/** What answers in the end: a product, as the shop writes it. */
const product = JSON.stringify({
  sku: 'SKU-007',
  description: 'CREAM HANGING HEART T-LIGHT HOLDER',
  price: { amount: 255, currency: 'GBP' },
  available: 1_000,
});

const upstream: RequestListener = (_request, response) => {
  response.writeHead(200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': product.length,
  });
  response.end(product);
};

/** The least that a gateway does: a request, one call over NATS, an answer. */
async function asking(natsUrl: string): Promise<Server> {
  const port = await remotePort(natsUrl, new Closing());
  return createServer((_request, response) => {
    void port.quote(request).then((answer) => {
      const body = JSON.stringify(answer);
      response.writeHead(200, {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': Buffer.byteLength(body),
      });
      response.end(body);
    });
  });
}

/** Each as its README shows it first, over connections that are kept. */
const servers = {
  upstream: () => createServer(upstream),
  asking,
  'goods, here': goodsHere,
  'goods, there': goodsThere,
  'goods, served': goodsServed,
  'express-http-proxy': (url: string) =>
    createServer(express().use(expressHttpProxy(url)) as RequestListener),
  httpxy: (target: string) => {
    const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true }) });
    return createServer((request, response) => void proxy.web(request, response));
  },
  '@fastify/http-proxy': async (url: string) => {
    const app = fastify();
    await app.register(proxyPlugin, { upstream: url });
    await app.ready();
    return app.server;
  },
} satisfies Record<string, (...urls: [string, string]) => Server | Promise<Server>>;

/** Peers of the gateway, each a process of its own in front of the upstream. */
export type Peer = Exclude<keyof typeof servers, 'upstream' | 'asking' | `goods, ${string}`>;

const [name, ...urls] = process.argv.slice(2) as [keyof typeof servers, string, string];
const server = await servers[name](...urls);
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
process.once('SIGINT', () => process.exit());
