import { fileURLToPath } from 'node:url';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { natsConnection } from '#strangler/nats/connection';
import { ContractServer } from '#strangler/calls/remote/server';
import { NatsLink } from '#strangler/nats/link';
import type { LocalModules } from '#strangler/calls/local-modules';
import type { Routes } from '#strangler/routes/routes';
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { Controller, Logger, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Payload, Transport, type MicroserviceOptions } from '@nestjs/microservices';
import { connect } from '@nats-io/transport-node';
import type { AddressInfo } from 'node:net';
import { QuoteService, type QuoteRequest } from './contract.js';
import { grpcQuotes, type GrpcAnswer, type GrpcRequest } from './grpc.js';
import { localQuotes, shop } from './local.js';

/** The other process: the same service behind every transport. Prints its ports as one line of JSON when ready. */
const url = process.argv[2] as string;
const service = new QuoteService();

@Controller()
class QuoteController {
  @MessagePattern('nest.quote')
  quote(@Payload() input: QuoteRequest) {
    return service.quote(input);
  }
}

@Module({ controllers: [QuoteController] })
class QuoteModule {}

async function serveNest(): Promise<void> {
  const options: MicroserviceOptions = { transport: Transport.NATS, options: { ...natsConnection(url, {}) } };
  await (await NestFactory.createMicroservice(QuoteModule, options)).listen();
}

async function serveOurs({ modules, routes }: { modules: LocalModules; routes: Routes }): Promise<void> {
  const link = new NatsLink(() => Promise.resolve(natsConnection(url, {})));
  routes.join(shop);
  new ContractServer(link, modules, routes).listen();
  link.start();
}

async function serveRaw(): Promise<void> {
  const connection = await connect(natsConnection(url, {}));
  connection.subscribe('raw.quote', {
    callback: (_error, message) =>
      void service.quote(message.json()).then((answer) => message.respond(JSON.stringify(answer))),
  });
}

function serveGrpc(): Promise<number> {
  const server = new Server();
  const quote = ({ request }: ServerUnaryCall<GrpcRequest, GrpcAnswer>, done: sendUnaryData<GrpcAnswer>) =>
    void service.quote(request).then((answer) => done(null, answer));
  server.addService(grpcQuotes().service, { quote });
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

function serveHttp(): Promise<number> {
  const server = createServer((request, response) => {
    void json(request)
      .then((input) => service.quote(input as QuoteRequest))
      .then((answer) => response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)));
  });
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  Logger.overrideLogger(['error', 'warn']);
  await serveNest();
  await serveOurs(localQuotes('extracted'));
  await serveRaw();
  process.stdout.write(`${JSON.stringify({ grpc: await serveGrpc(), http: await serveHttp() })}\n`);
}
