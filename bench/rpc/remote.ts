import type { Closing } from '#platform';
import type { Port } from 'nestjs-strangler';
import { natsConnection } from '#strangler/nats/connection';
import { NatsCalls } from '#strangler/calls/remote/client';
import { GuardedCalls } from '#strangler/calls/resilience/guarded-calls';
import { NatsLink } from '#strangler/nats/link';
import { routeOf, Routes } from '#strangler/routes/routes';
import { quotes } from './contract.js';
import { localQuotes, shop } from './local.js';

/** The port of quotes that another process serves (`serve.ts`), over NATS. */
export async function remotePort(url: string, closing: Closing): Promise<Port<typeof quotes>> {
  const link = new NatsLink(() => Promise.resolve(natsConnection(url, {})));
  closing.add(() => link.close());
  const routes = new Routes();
  const { router } = localQuotes('monolith', {
    routes,
    remote: new GuardedCalls(new NatsCalls(link, routes)),
  });
  routes.join({ ...shop, database: shop.shop });
  routes.replace({
    quotes: { ...routeOf('extracted'), databases: { monolith: shop.shop, extracted: shop.database } },
  });
  link.start();
  await new Promise<void>((resolve) => link.onConnection(() => resolve()));
  return router.port(quotes);
}
