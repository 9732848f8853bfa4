import { gateway } from '#contracts';
import {
  assertPooled,
  DatabaseProbe,
  directNameOf,
  openDatabase,
  openLimitPool,
  type Closing,
  type EmbeddedServers,
} from '#platform';
import { Database } from 'nestjs-strangler';
import type pg from 'pg';
import type { Settings } from './config.js';
import { Members } from './members.js';

/** To its database, for what is counted and steered there; few: everything but a dashboard asks in turn. */
const connections = 3;

/** The gateway's own database, which it shares with the others of its kind. */
export interface OwnDatabase {
  probe: DatabaseProbe;
  /** For what a request waits for: failed attempts. */
  pool: pg.Pool;
  /** For everything else. */
  database: Database;
  /** Who else is there. */
  members: Members;
}

/** Opens it: where failed attempts are counted, and kept is what was heard of routes. */
export async function openOwnDatabase(
  settings: Settings,
  servers: EmbeddedServers,
  version: string,
  closing: Closing,
): Promise<OwnDatabase> {
  const { url, direct } = await prepared(settings, servers);
  const pool = openLimitPool(direct);
  closing.add(() => pool.end());
  const probe = new DatabaseProbe(url);
  closing.add(() => probe.close());
  const members = new Members(pool, { version, namespace: settings.nats.namespace });
  await members.start();
  closing.add(() => members.stop());
  const database = new Database(direct, { max: connections });
  closing.add(() => database.close());
  return { probe, pool, database, members };
}

/** `direct`: the server itself, where `url` leads through a pooler. */
async function prepared(
  { databaseUrl, directUrl }: Settings,
  servers: EmbeddedServers,
): Promise<{ url: string; direct: string }> {
  const setting = 'GATEWAY_DATABASE_URL';
  const url = databaseUrl ?? (await servers.database(gateway));
  const direct = directUrl ?? url;
  await openDatabase(direct, ['limits', gateway], directUrl === undefined ? setting : directNameOf(setting));
  if (directUrl !== undefined) await assertPooled({ url, direct }, setting);
  return { url, direct };
}
