import { Subjects } from 'nestjs-strangler';
import { natsConnection, noticingSilence } from 'nestjs-strangler/internal';
import { dataSourceOptions } from './database/data-source-options.js';
import { DatabaseProbe } from './database/database-probe.js';
import { openDatabase } from './database/open-database.js';
import { assertPooled, directNameOf } from './database/pooled-sessions.js';
import type { DatabaseSide } from './database/migrate.js';
import type { EmbeddedServers } from './embedded-servers.js';
import { EmbeddedError } from 'nestjs-strangler-embedded-servers';
import type { NatsSettings } from './nats-settings.js';
import type { Closing } from './process.js';

/** Where a program's database is, by its settings. */
export interface DatabaseSettings {
  databaseUrl: string | undefined;
  /** Where `databaseUrl` leads through a pooler: the server itself. */
  directUrl: string | undefined;
}

/** Which database it is. */
export interface WantedDatabase {
  /** The setting that names it. */
  setting: string;
  /** Its name on the embedded PostgreSQL, where no setting says another one. */
  name: string;
  /** Whose schemas are in it, beside the toolkit's. */
  modules: readonly string[];
  side?: DatabaseSide;
}

/** A program's database, open. */
export interface ProgramDatabase {
  readonly url: string;
  /** The same, straight to the server. */
  readonly direct: string;
  /** For the data source of its commands. */
  readonly dataSource: ReturnType<typeof dataSourceOptions>;
  /** Asks it whether it is there. */
  readonly probe: DatabaseProbe;
}

/** Opens the database of a program: created if it is missing, and up to date. @throws {StartError} naming the setting. */
export async function openProgramDatabase(
  { databaseUrl, directUrl }: DatabaseSettings,
  { setting, name, modules, side }: WantedDatabase,
  servers: EmbeddedServers,
  closing: Closing,
): Promise<ProgramDatabase> {
  const url = databaseUrl ?? (await servers.database(name).catch(orSet(setting)));
  const direct = directUrl ?? url;
  await openDatabase(direct, modules, directUrl === undefined ? setting : directNameOf(setting), side);
  if (directUrl !== undefined) await assertPooled({ url, direct }, setting);
  const probe = new DatabaseProbe(url);
  closing.add(() => probe.close());
  const how = directUrl === undefined ? { connections: noticingSilence(url) } : { pooled: true };
  return { url, direct, probe, dataSource: dataSourceOptions(url, how) };
}

/** How a program reaches NATS, as one of its users: the server of the settings, else the embedded one. */
export const natsOf = (
  { url, namespace, eventStream, options }: NatsSettings,
  servers: EmbeddedServers,
  user: string,
) => ({
  connection: async () =>
    natsConnection(
      url ?? (await servers.nats(new Subjects(namespace).userOf(user)).catch(orSet('NATS_URL'))),
      options,
    ),
  ...{ namespace, user, eventStream },
});

/** Who cannot have the embedded server may use another one. */
const orSet =
  (setting: string) =>
  (error: unknown): never => {
    if (!(error instanceof EmbeddedError)) throw error;
    throw new EmbeddedError(`${error.message}; or set ${setting} to a server of your own`);
  };
