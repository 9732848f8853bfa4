import { Logger } from '@nestjs/common';
import type { Port } from 'nestjs-strangler';
import { Copies, type CopyTimes } from '#strangler/calls/copies/copies';
import { ContractServer } from '#strangler/calls/remote/server';
import { GuardedCalls } from '#strangler/calls/resilience/guarded-calls';
import { LocalModules } from '#strangler/calls/local-modules';
import { NatsCalls } from '#strangler/calls/remote/client';
import { NatsLink } from '#strangler/nats/link';
import { Router } from '#strangler/calls/router';
import { Routes, type RouteEntry, routeOf } from '#strangler/routes/routes';
import type { Executor } from '#strangler/calls/executor';
import type { RemoteCalls } from '#strangler/calls/side-calls';
import type { Member } from '#strangler/routes/member';
import type { TestNats } from './nats.js';
import { toy } from './toy.js';
import { until } from './until.js';

/** A process that serves the toy module over NATS. */
export interface ToyService {
  readonly server: ContractServer;
  readonly copies: Copies;
  readonly link: NatsLink;
  readonly routes: Routes;
  close(): Promise<void>;
}

/** A process that calls the toy module over NATS. */
export interface ToyCaller {
  readonly port: Port<typeof toy>;
  readonly routes: Routes;
  readonly link: NatsLink;
  close(): Promise<void>;
}

/** Ids of the databases of one shop: the monolith's, and its service's. */
export const shop = { monolith: 'm', extracted: 'e' } as const;

/** A process of that shop. */
export const memberOn = (side: keyof typeof shop, modules: string[] = []): Member => ({
  ...{ database: shop[side], shop: shop.monolith, since: null, modules },
});

/** The toy module is at its service, on that database. */
export const toyRoute = (databases: RouteEntry['databases'] = shop): RouteEntry => ({
  ...routeOf('extracted'),
  databases,
});

const linkTo = (nats: Pick<TestNats, 'url'>): NatsLink => {
  // Every call is logged.
  Logger.overrideLogger(false);
  return new NatsLink(() => Promise.resolve({ servers: nats.url }));
};

/** Waits until the link works. */
export const untilUp = (link: NatsLink) => until('there is a connection to NATS', () => link.current);

/** Starts a copy of the service; it takes calls when this resolves. */
export async function serveToy(
  nats: Pick<TestNats, 'url'>,
  executor: Executor,
  member: Member | null = memberOn('extracted', ['toy']),
  times?: CopyTimes,
): Promise<ToyService> {
  const link = linkTo(nats);
  const modules = new LocalModules('extracted');
  modules.add(executor);
  const routes = new Routes();
  routes.join(member);
  const copies = new Copies(link, times);
  const server = new ContractServer(link, modules, routes, undefined, copies);
  server.listen();
  link.start();
  await server.serving;
  return {
    server,
    copies,
    link,
    routes,
    close: async () => {
      await server.close();
      await link.close();
    },
  };
}

/** A caller whose calls go by the policies of their operations. */
export interface GuardedCaller extends ToyCaller {
  readonly guarded: GuardedCalls;
}

/** Starts one. */
export function callGuarded(nats: Pick<TestNats, 'url'>): GuardedCaller {
  const { routes, link, calls } = callerOf(nats);
  const guarded = new GuardedCalls(calls, () => link.current !== undefined);
  return { ...portOf(routes, link, guarded), guarded };
}

/** Starts a caller; it need not find anyone, not even NATS. */
export function callToy(nats: Pick<TestNats, 'url'>): ToyCaller {
  const { routes, link, calls } = callerOf(nats);
  return portOf(routes, link, calls);
}

function callerOf(nats: Pick<TestNats, 'url'>) {
  const link = linkTo(nats);
  const routes = new Routes();
  routes.join(memberOn('monolith'));
  routes.replace({ toy: toyRoute() });
  return { routes, link, calls: new NatsCalls(link, routes) };
}

function portOf(routes: Routes, link: NatsLink, calls: RemoteCalls): ToyCaller {
  const router = new Router(routes, new LocalModules('monolith'), calls);
  link.start();
  return { port: router.port(toy), routes, link, close: () => link.close() };
}

/** A door at which calls wait until it is opened. */
export function door(): { open: () => void; passed: Promise<void> } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}
