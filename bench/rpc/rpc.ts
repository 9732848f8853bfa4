import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { connect } from '@nats-io/transport-node';
import { credentials } from '@grpc/grpc-js';
import { firstValueFrom } from 'rxjs';
import { natsConnection } from '#platform';
import { NatsCalls, NatsLink } from '#strangler';
import { alternate, median, ratio, report, type Contender } from '../rounds.js';
import { quotes, request, type QuoteAnswer } from './contract.js';
import { grpcQuotes, type GrpcQuotes } from './grpc.js';
import { localQuotes } from './local.js';

const inFlight = 32;
/** Calls inside the process are too short to time one by one. */
const batch = 1_000;

/** Same request and payload over every way to call, alternating; the other process serves all of them. */
export async function rpc(natsUrl: string): Promise<boolean> {
  Logger.overrideLogger(['error', 'warn']);
  const serve = fileURLToPath(new URL('./serve.js', import.meta.url));
  const server = spawn(process.execPath, [serve, natsUrl], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
    const ports = JSON.parse(line) as { grpc: number; http: number };
    const local = await alternate(localContenders(), 5, 400);
    const remote = await alternate(await remoteContenders(natsUrl, ports), 7, 1_500);
    const perCall = (name: string) => 1e6 / median(local[name] ?? []) / batch;
    return await report('rpc', { ...scale(local), ...remote }, [
      {
        goal: 'routed local call, µs over a direct call',
        atMost: 2,
        reached: perCall('local: routed') - perCall('local: direct'),
      },
      {
        goal: "remote: routed against Nest's ClientProxy",
        atLeast: 1,
        reached: ratio(remote, 'remote: routed', 'remote: ClientProxy.send'),
      },
      {
        goal: 'remote: routed against raw NATS',
        atLeast: 0.8,
        reached: ratio(remote, 'remote: routed', 'remote: raw NATS request'),
      },
      {
        goal: 'remote: routed against grpc-js',
        atLeast: 3,
        reached: ratio(remote, 'remote: routed', 'remote: grpc-js'),
      },
      {
        goal: 'remote: routed against fetch',
        atLeast: 5,
        reached: ratio(remote, 'remote: routed', 'remote: fetch'),
      },
    ]);
  } finally {
    server.kill();
  }
}

const scale = (rates: Record<string, number[]>) =>
  Object.fromEntries(Object.entries(rates).map(([name, values]) => [name, values.map((v) => v * batch)]));

function localContenders(): Contender[] {
  const { service, router } = localQuotes('monolith');
  const port = router.port(quotes);
  const many = (call: () => Promise<unknown>) => async () => {
    for (let i = 0; i < batch; i++) await call();
  };
  return [
    { name: 'local: direct', once: many(() => service.quote(request)), concurrency: 1 },
    { name: 'local: routed', once: many(() => port.quote(request)), concurrency: 1 },
  ];
}

async function remoteContenders(url: string, ports: { grpc: number; http: number }): Promise<Contender[]> {
  const { port } = await routed(url);
  const proxy = ClientProxyFactory.create({
    transport: Transport.NATS,
    options: { ...natsConnection(url, {}) },
  });
  await proxy.connect();
  const raw = await connect(natsConnection(url, {}));
  const grpc = new (grpcQuotes())(
    `127.0.0.1:${ports.grpc}`,
    credentials.createInsecure(),
  ) as unknown as GrpcQuotes;
  const body = JSON.stringify(request);
  const ways: Record<string, () => Promise<unknown>> = {
    'remote: routed': () => port.quote(request),
    'remote: ClientProxy.send': () => firstValueFrom(proxy.send('nest.quote', request)),
    'remote: raw NATS request': async () =>
      (await raw.request('raw.quote', JSON.stringify(request), { timeout: 2_000 })).json(),
    'remote: grpc-js': () =>
      new Promise<QuoteAnswer>((resolve, reject) =>
        grpc.quote(request, (error, answer) => (error ? reject(error) : resolve(answer))),
      ),
    'remote: fetch': async () =>
      (await fetch(`http://127.0.0.1:${ports.http}/quote`, { method: 'POST', body })).json(),
  };
  return Object.entries(ways).map(([name, call]) => ({ name, once: call, concurrency: inFlight }));
}

async function routed(url: string) {
  const link = new NatsLink(() => Promise.resolve(natsConnection(url, {})));
  const { router, routes } = localQuotes('monolith', new NatsCalls(link));
  routes.replace({ quotes: 'extracted' });
  link.start();
  await new Promise<void>((resolve) => link.onConnection(() => resolve()));
  return { port: router.port(quotes) };
}
