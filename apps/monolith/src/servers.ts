import { callers, calls } from '#contracts';
import { assertPooled, directNameOf, EmbeddedServers, openDatabase, type Closing } from '#platform';
import {
  decommissionedModules,
  monolithUser,
  natsConnection,
  natsPermissions,
  Subjects,
  type NatsOptions,
} from 'nestjs-strangler';
import type { Type } from '@nestjs/common';
import { contracts } from './app.module.js';
import type { Settings } from './config.js';
import { loadModules, moduleNames } from './modules.js';

/** The servers of the shop, and what their database says of it. */
export interface Servers {
  readonly databaseUrl: string;
  /** The same, straight to the server. */
  readonly direct: string;
  readonly nats: NatsOptions;
  /** The code of the modules that live here: all but the decommissioned. */
  readonly modules: readonly Type[];
}

const noProvider =
  'no payment provider: every card is declined (PAYMENTS_PROVIDER=test takes test tokens; a real one plugs in at payments.module.ts)';

/** Opens the database, and says how NATS is reached: those of the settings, else embedded ones. */
export async function openServers(
  settings: Settings,
  say: (line: string) => void,
  closing: Closing,
): Promise<Servers> {
  const { nats, directUrl } = settings;
  const subjects = new Subjects(nats.namespace);
  const users = natsPermissions(subjects, contracts, calls, callers);
  const servers = new EmbeddedServers(settings.dataDir, say, users);
  closing.add(() => servers.release());
  const databaseUrl = settings.databaseUrl ?? (await servers.database('shop'));
  const direct = directUrl ?? databaseUrl;
  const modules = await openModules(direct, settings, say);
  if (directUrl !== undefined) await assertPooled({ url: databaseUrl, direct }, 'DATABASE_URL');
  const natsUrl = async () => nats.url ?? (await servers.nats(subjects.userOf(monolithUser)));
  return {
    ...{ databaseUrl, direct, modules },
    nats: {
      connection: async () => natsConnection(await natsUrl(), nats.options),
      namespace: nats.namespace,
      // One that is named is there, or will be. The embedded one is started when the first module leaves.
      ...(nats.url === undefined && { startedWhenNeeded: () => servers.natsRuns() }),
    },
  };
}

/** Migrates the database and loads the code of the modules that live here. */
async function openModules(
  databaseUrl: string,
  { payments, directUrl }: Settings,
  say: (line: string) => void,
): Promise<readonly Type[]> {
  const setting = directUrl === undefined ? 'DATABASE_URL' : directNameOf('DATABASE_URL');
  await openDatabase(databaseUrl, [], setting);
  const gone = await decommissionedModules(databaseUrl);
  const here = moduleNames.filter((name) => !gone.includes(name));
  await openDatabase(databaseUrl, ['limits', ...here], setting);
  if (payments === 'none' && here.includes('payments')) say(noProvider);
  return loadModules(here, payments);
}
