import { Executor, LocalModules, routeOf, Router, Routes, type RemoteCalls, type Side } from '#strangler';
import { quotes, QuoteService } from './contract.js';

const nobody: RemoteCalls = { call: () => Promise.reject(new Error('no other process')) };

/** The quotes module in this process, standing on `side`, with the router before it. */
export function localQuotes(side: Side, remote: RemoteCalls = nobody) {
  const modules = new LocalModules(side);
  const routes = new Routes();
  routes.replace({ quotes: routeOf(side) });
  const service = new QuoteService();
  const handlers = { quote: (input: unknown) => service.quote(input as never) };
  // A query needs neither a database nor sagas.
  modules.add(new Executor(quotes, handlers, undefined as never, undefined as never));
  return { modules, routes, service, router: new Router(routes, modules, remote) };
}
