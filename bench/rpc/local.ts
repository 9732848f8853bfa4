import {
  Executor,
  LocalModules,
  routeOf,
  Router,
  Routes,
  type Member,
  type RemoteCalls,
  type Side,
} from 'nestjs-strangler';
import { quotes, QuoteService } from './contract.js';

const nobody: RemoteCalls = { call: () => Promise.reject(new Error('no other process')) };

/** The service of the quotes, and the shop that it belongs to. */
export const shop: Member = {
  database: '0f4f3f0e-2d36-4d0c-9f5b-5a3a6f2b8c11',
  shop: '8a6e0f52-3c07-4b8b-9d0c-1f6f4f6b7d22',
  since: null,
  modules: ['quotes'],
};

/** The quotes module in this process, standing on `side`, with the router before it. */
export function localQuotes(
  side: Side,
  { routes = new Routes(), remote = nobody }: { routes?: Routes; remote?: RemoteCalls } = {},
) {
  const modules = new LocalModules(side);
  routes.replace({ quotes: routeOf(side) });
  const service = new QuoteService();
  const handlers = { quote: (input: unknown) => service.quote(input as never) };
  // A query needs neither a database nor sagas.
  modules.add(new Executor(quotes, handlers, undefined as never, undefined as never));
  return { modules, routes, service, router: new Router(routes, modules, remote) };
}
