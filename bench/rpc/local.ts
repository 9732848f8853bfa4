import { EventEmitter } from 'node:events';
import type { DataSource } from 'typeorm';
import { ReadGuard } from '#strangler/calls/read-guard';
import type { Side } from 'nestjs-strangler';
import { CallMetrics } from '#strangler/control/call-metrics';
import { Executor } from '#strangler/calls/executor';
import { LocalModules } from '#strangler/calls/local-modules';
import { observers } from '#strangler/operate/metrics/call-tally';
import { routeOf, Routes } from '#strangler/routes/routes';
import { Router } from '#strangler/calls/router';
import { ToolkitMetrics } from '#strangler/operate/metrics/toolkit-metrics';
import type { Member } from '#strangler/routes/member';
import type { RemoteCalls } from '#strangler/calls/side-calls';
import { quotes, QuoteService } from './contract.js';

const nobody: RemoteCalls = { call: () => Promise.reject(new Error('no other process')) };

/** The service of the quotes, and the shop that it belongs to. */
export const shop: Member = {
  database: '0f4f3f0e-2d36-4d0c-9f5b-5a3a6f2b8c11',
  shop: '8a6e0f52-3c07-4b8b-9d0c-1f6f4f6b7d22',
  since: null,
  modules: ['quotes'],
};

/** The read guard's row once a second: the module is owned by this side, and nothing shifts. */
export function quietDatabase(side: Side): DataSource {
  const standing = {
    ...{ side, version: 1, fenceFrom: null, fenceTo: null, proven: true, standsStill: true },
    extractedBelow: side === 'extracted' ? 10_000 : 0,
  };
  const dataSource = { driver: { master: new EventEmitter() }, manager: {} };
  dataSource.manager = { dataSource, connection: dataSource, query: () => Promise.resolve([standing]) };
  return dataSource as unknown as DataSource;
}

/** The quotes module in this process, standing on `side`, with the router before it, wired as a process in production is. */
export function localQuotes(
  side: Side,
  { routes = new Routes(), remote = nobody }: { routes?: Routes; remote?: RemoteCalls } = {},
) {
  const modules = new LocalModules(side);
  routes.replace({ quotes: routeOf(side) });
  const service = new QuoteService();
  const handlers = { quote: (input: unknown) => service.quote(input as never) };
  // A query needs no sagas.
  const guard = new ReadGuard(side);
  modules.add(new Executor(quotes, handlers, quietDatabase(side), undefined as never, { guard }));
  const observer = observers(new CallMetrics(), new ToolkitMetrics().called);
  return { modules, routes, service, router: new Router(routes, modules, remote, observer) };
}
