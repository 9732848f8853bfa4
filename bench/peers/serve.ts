import { ContractServer } from '#strangler/calls/remote/server';
import { Executor } from '#strangler/calls/executor';
import { LocalModules } from '#strangler/calls/local-modules';
import { ReadGuard } from '#strangler/calls/read-guard';
import { natsConnection } from '#strangler/nats/connection';
import { NatsLink } from '#strangler/nats/link';
import { Routes } from '#strangler/routes/routes';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { quietDatabase, shop } from '../rpc/local.js';
import { ill, well, type Ask } from './contract.js';

/** The process of one of the two modules. */
async function serve(url: string, name: string): Promise<void> {
  const contract = name === well.name ? well : ill;
  const modules = new LocalModules('extracted');
  const ask = async (input: unknown) => {
    const { waitMs } = input as Ask;
    if (waitMs > 0) await sleep(waitMs);
    return input;
  };
  const guard = new ReadGuard('extracted');
  modules.add(new Executor(contract, { ask }, quietDatabase('extracted'), undefined as never, { guard }));
  const link = new NatsLink(() => Promise.resolve(natsConnection(url, {})));
  const routes = new Routes();
  routes.join({ ...shop, modules: [contract.name] });
  const server = new ContractServer(link, modules, routes);
  server.listen();
  link.start();
  await server.serving;
  process.stdout.write('is served\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  Logger.overrideLogger(['error']);
  await serve(process.argv[2]!, process.argv[3]!);
}
