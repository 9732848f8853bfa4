import { callers, calls } from '#contracts';
import {
  assertPooled,
  dataSourceOptions,
  DatabaseProbe,
  directNameOf,
  EmbeddedServers,
  openDatabase,
  type Closing,
} from '#platform';
import { natsConnection, natsPermissions, noticingSilence, Subjects } from 'nestjs-strangler';
import type { ServiceOptions } from 'nestjs-strangler/service';
import { contracts, type Settings } from './config.js';

/** The servers of a service, as its start needs them. */
export interface Servers extends Pick<ServiceOptions, 'database' | 'nats'> {
  /** Asks the database whether it is there. */
  readonly probe: DatabaseProbe;
}

/** Opens the service's database, and says how NATS is reached: those of the settings, else embedded ones. */
export async function openServers(
  { module, nats, dataDir, databaseUrl, directUrl }: Settings,
  say: (line: string) => void,
  closing: Closing,
): Promise<Servers> {
  const subjects = new Subjects(nats.namespace);
  const users = natsPermissions(subjects, Object.values(contracts), calls, callers);
  const servers = new EmbeddedServers(dataDir, say, users);
  closing.add(() => servers.release());
  const url = databaseUrl ?? (await servers.database(module));
  const direct = directUrl ?? url;
  const setting = `${module.toUpperCase()}_DATABASE_URL`;
  await openDatabase(
    direct,
    [module],
    directUrl === undefined ? setting : directNameOf(setting),
    'extracted',
  );
  if (directUrl !== undefined) await assertPooled({ url, direct }, setting);
  const urlOfNats = async () => nats.url ?? (await servers.nats(subjects.userOf(module)));
  // Before anything is opened: an embedded server that cannot be started stops the start.
  await urlOfNats();
  const probe = new DatabaseProbe(url);
  closing.add(() => probe.close());
  return {
    probe,
    database: dataSourceOptions(
      url,
      directUrl === undefined ? { connections: noticingSilence(url) } : { pooled: true },
    ),
    nats: {
      connection: async () => natsConnection(await urlOfNats(), nats.options),
      namespace: nats.namespace,
      user: module,
    },
  };
}
