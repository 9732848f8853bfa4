import { callers, calls, gateway } from '#contracts';
import { EmbeddedServers, natsConnection, type Closing } from '#platform';
import {
  followRoutes,
  KeyStore,
  NatsLink,
  natsPermissions,
  offerKey,
  reportCalls,
  Routes,
  ShopFinder,
  Subjects,
} from 'nestjs-strangler';
import { contracts } from './app.module.js';
import type { Settings } from './config.js';
import { keptRoutes } from './kept-routes.js';
import type { OwnDatabase } from './own-database.js';

/** Whose services are asked where they are, while the monolith is silent. */
const modules = contracts.map(({ name }) => name);

/** The shop, as the gateway reaches it. */
export interface Shop {
  link: NatsLink;
  /** Where its modules are served. */
  routes: Routes;
  finder: ShopFinder;
}

const subjectsOf = ({ nats }: Settings): Subjects => new Subjects(nats.namespace);

/** Servers that are started beside it where the settings name none. */
export function embeddedServers(
  settings: Settings,
  say: (line: string) => void,
  closing: Closing,
): EmbeddedServers {
  const users = natsPermissions(subjectsOf(settings), contracts, calls, callers);
  const servers = new EmbeddedServers(settings.dataDir, say, users);
  closing.add(() => servers.release());
  return servers;
}

/** Finds the shop over NATS, says who calls, and follows where its modules are. */
export async function joinShop(
  settings: Settings,
  servers: EmbeddedServers,
  { database, pool }: OwnDatabase,
  closing: Closing,
): Promise<Shop> {
  const link = connect(settings, servers);
  closing.add(() => link.close());
  const routes = new Routes();
  const stopFollowing = followRoutes(link, routes, modules);
  closing.add(() => Promise.resolve(stopFollowing()));
  const keys = new KeyStore(database);
  // From now on its calls say who makes them.
  const stopOffering = await offerKey(link, routes, keys, gateway);
  closing.add(() => Promise.resolve(stopOffering()));
  const standing = await keys.standing();
  const finder = new ShopFinder({
    link,
    routes,
    database: standing.database,
    kept: keptRoutes(pool, settings.nats.namespace),
    modules,
  });
  await finder.start();
  closing.add(() => finder.stop());
  const stopReporting = reportCalls(link, routes, database, gateway);
  closing.add(() => Promise.resolve(stopReporting()));
  return { link, routes, finder };
}

function connect(settings: Settings, servers: EmbeddedServers): NatsLink {
  const { nats } = settings;
  const subjects = subjectsOf(settings);
  const url = async () => nats.url ?? (await servers.nats(subjects.userOf(gateway)));
  return new NatsLink(async () => natsConnection(await url(), nats.options), { subjects, user: gateway });
}
