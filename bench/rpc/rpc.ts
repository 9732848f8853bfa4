import { Logger } from '@nestjs/common';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { connect } from '@nats-io/transport-node';
import { credentials } from '@grpc/grpc-js';
import { firstValueFrom } from 'rxjs';
import { Closing } from '#platform';
import { withContext } from '#strangler/database/context';
import { natsConnection } from '#strangler/nats/connection';
import { startProgram } from '../program.js';
import { report, type Figure } from '../report.js';
import { alternate, glance, inLanes, median, ratio, type Contender, type Rates } from '../rounds.js';
import type { BenchServers } from '../servers.js';
import { quotes, request, type QuoteAnswer } from './contract.js';
import { grpcQuotes, type GrpcQuotes } from './grpc.js';
import { localQuotes } from './local.js';
import { remotePort } from './remote.js';

const inFlight = 32;
/** Calls inside the process are too short to time one by one. */
const batch = 1_000;
const customer = '019aa1f0-5b3c-7c6e-9d2a-00000000c057';

/** Same request and payload over every way to call, alternating; the other process serves all of them. */
export async function rpc(servers: BenchServers, quick: boolean): Promise<boolean> {
  Logger.overrideLogger(['error', 'warn']);
  const natsUrl = await servers.nats();
  const closing = new Closing();
  try {
    const server = await startProgram(new URL('./serve.js', import.meta.url), [natsUrl], /^\{.*\}$/);
    closing.add(() => server.stop());
    const ports = JSON.parse(server.ready[0]) as Ports;
    const local = await alternate(localContenders(), quick ? glance : { rounds: 15, ms: 200 });
    const ways = await remoteContenders(natsUrl, ports, closing);
    const remote = await alternate(ways, quick ? glance : { rounds: 8, ms: 1_500 });
    return await report('rpc', { ...scale(local), ...remote }, figuresOf(local, remote));
  } finally {
    await closing.closeAll();
  }
}

function figuresOf(local: Rates, remote: Rates): Figure[] {
  const perCall = (name: string) => 1e6 / median(local[name] ?? []) / batch;
  const against = (peer: string, atLeast: number): Figure => ({
    figure: `remote: routed against ${peer}`,
    atLeast,
    reached: ratio(remote, 'remote: routed', `remote: ${peer}`),
  });
  return [
    {
      figure: 'routed local call, µs over a direct call',
      atMost: 2,
      reached: perCall('local: routed') - perCall('local: direct'),
    },
    against('ClientProxy.send', 1),
    against('raw NATS request', 0.8),
    against('grpc-js', 3),
    against('fetch', 5),
  ];
}

/** From batches to calls. */
const scale = (rates: Rates): Rates =>
  Object.fromEntries(Object.entries(rates).map(([name, values]) => [name, values.map((v) => v * batch)]));

function localContenders(): Contender[] {
  const { service, router } = localQuotes('monolith');
  const port = router.port(quotes);
  // Within a request, as nearly every call is.
  const caller = { program: 'api', as: 'module', actor: { id: customer, role: 'user', version: 1 } } as const;
  const many = (call: () => Promise<unknown>) => () =>
    withContext({ requestId: '4bf92f35', caller, servedBy: new Map() }, async () => {
      for (let i = 0; i < batch; i++) await call();
    });
  return [
    inLanes(
      'local: direct',
      1,
      many(() => service.quote(request)),
    ),
    inLanes(
      'local: routed',
      1,
      many(() => port.quote(request)),
    ),
  ];
}

interface Ports {
  grpc: number;
  http: number;
}

async function remoteContenders(url: string, ports: Ports, closing: Closing): Promise<Contender[]> {
  const port = await remotePort(url, closing);
  const proxy = ClientProxyFactory.create({
    transport: Transport.NATS,
    options: { ...natsConnection(url, {}) },
  });
  await proxy.connect();
  closing.add(() => Promise.resolve(proxy.close()));
  const raw = await connect(natsConnection(url, {}));
  closing.add(() => raw.close());
  const grpc = new (grpcQuotes())(
    `127.0.0.1:${ports.grpc}`,
    credentials.createInsecure(),
  ) as unknown as GrpcQuotes;
  closing.add(() => Promise.resolve(grpc.close()));
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
      (
        await fetch(`http://127.0.0.1:${ports.http}/quote`, { method: 'POST', body })
      ).json() as Promise<unknown>,
  };
  return Object.entries(ways).map(([name, call]) => inLanes(name, inFlight, call));
}
