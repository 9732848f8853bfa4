import { callers, calls, contracts } from '#contracts';
import {
  EmbeddedServers,
  migrate,
  natsOf,
  openProgramDatabase,
  type Closing,
  type ProgramDatabase,
} from '#platform';
import { monolithUser, natsPermissions, Subjects, type NatsOptions } from 'nestjs-strangler';
import { decommissionedModules } from 'nestjs-strangler/internal';
import type { DynamicModule, Type } from '@nestjs/common';
import type { Settings } from './config.js';
import { loadModules, moduleNames } from './modules.js';

/** The servers of the shop, and what their database says of it. */
export interface Servers {
  readonly database: ProgramDatabase;
  readonly nats: NatsOptions;
  /** The code of the modules that live here: all but the decommissioned. */
  readonly modules: readonly (Type | DynamicModule)[];
}

const noProvider =
  'no payment provider: every card is declined (PAYMENTS_PROVIDER=test takes test tokens; a real one plugs in at payments.module.ts)';

/** Opens the database, and says how NATS is reached: those of the settings, else embedded ones. */
export async function openServers(
  settings: Settings,
  say: (line: string) => void,
  closing: Closing,
): Promise<Servers> {
  const { nats, payments, mail } = settings;
  const users = natsPermissions(new Subjects(nats.namespace), contracts, calls, callers, nats.eventStream);
  const servers = new EmbeddedServers(settings.dataDir, say, users);
  closing.add(() => servers.release());
  const wanted = { setting: 'DATABASE_URL', name: 'shop', modules: ['limits'] };
  const database = await openProgramDatabase(settings, wanted, servers, closing);
  const gone = await decommissionedModules(database.direct);
  const here = moduleNames.filter((name) => !gone.includes(name));
  await migrate(database.direct, here);
  if (payments === 'none' && here.includes('payments')) say(noProvider);
  return {
    database,
    modules: await loadModules(here, { payments, mail }),
    nats: {
      ...natsOf(nats, servers, monolithUser),
      // One that is named is there, or will be. The embedded one is started when the first module leaves.
      ...(nats.url === undefined && { startedWhenNeeded: () => servers.natsRuns() }),
    },
  };
}
