import { Logger } from '@nestjs/common';
import { ContractServer, LocalModules, NatsCalls, NatsLink, Router, Routes, type Port } from '#strangler';
import type { Executor } from '../../libs/strangler/src/executor.js';
import type { TestNats } from './nats.js';
import { routeOf } from '../../libs/strangler/src/routes.js';
import { toy } from './toy.js';
import { until } from './until.js';

/** A process that serves the toy module over NATS. */
export interface ToyService {
  readonly server: ContractServer;
  readonly link: NatsLink;
  close(): Promise<void>;
}

/** A process that calls the toy module over NATS. */
export interface ToyCaller {
  readonly port: Port<typeof toy>;
  readonly routes: Routes;
  readonly link: NatsLink;
  close(): Promise<void>;
}

const linkTo = (nats: Pick<TestNats, 'url'>): NatsLink => {
  // Every call is logged.
  Logger.overrideLogger(false);
  return new NatsLink(() => Promise.resolve({ servers: nats.url }));
};

/** Waits until the link works. */
export const untilUp = (link: NatsLink) => until('there is a connection to NATS', () => link.current);

/** Starts a copy of the service; it takes calls when this resolves. */
export async function serveToy(nats: Pick<TestNats, 'url'>, executor: Executor): Promise<ToyService> {
  const link = linkTo(nats);
  const modules = new LocalModules('extracted');
  modules.add(executor);
  const server = new ContractServer(link, modules);
  await server.listen(() => undefined);
  link.start();
  await server.serving;
  return {
    server,
    link,
    close: async () => {
      await server.close();
      await link.close();
    },
  };
}

/** Starts a caller; it need not find anyone, not even NATS. */
export function callToy(nats: Pick<TestNats, 'url'>): ToyCaller {
  const link = linkTo(nats);
  const routes = new Routes();
  routes.replace({ toy: routeOf('extracted') });
  const router = new Router(routes, new LocalModules('monolith'), new NatsCalls(link));
  link.start();
  return { port: router.port(toy), routes, link, close: () => link.close() };
}

/** A door at which calls wait until it is opened. */
export function door(): { open: () => void; passed: Promise<void> } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}
