import { callers, calls, contracts } from '#contracts';
import { EmbeddedServers, natsOf, openProgramDatabase, type Closing, type ProgramDatabase } from '#platform';
import { natsPermissions, Subjects, type NatsOptions } from 'nestjs-strangler';
import { databaseSettingOf, type Settings } from './config.js';

/** The servers of a service. */
export interface Servers {
  readonly database: ProgramDatabase;
  readonly nats: NatsOptions;
}

/** Opens the service's database, and says how NATS is reached: those of the settings, else embedded ones. */
export async function openServers(
  settings: Settings,
  say: (line: string) => void,
  closing: Closing,
): Promise<Servers> {
  const { module, nats: wished } = settings;
  const users = natsPermissions(
    new Subjects(wished.namespace),
    contracts,
    calls,
    callers,
    wished.eventStream,
  );
  const servers = new EmbeddedServers(settings.dataDir, say, users);
  closing.add(() => servers.release());
  const wanted = {
    setting: databaseSettingOf(module),
    name: module,
    modules: [module],
    side: 'extracted' as const,
  };
  const database = await openProgramDatabase(settings, wanted, servers, closing);
  const nats = natsOf(wished, servers, module);
  // Before anything else: an embedded server that cannot be started stops the start.
  await nats.connection();
  return { database, nats };
}
