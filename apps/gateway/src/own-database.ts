import { gateway } from '#contracts';
import {
  openLimitPool,
  openProgramDatabase,
  type Check,
  type Closing,
  type EmbeddedServers,
  type ProgramDatabase,
} from '#platform';
import type pg from 'pg';
import type { Settings } from './config.js';
import { Members } from './members.js';

/** The gateway's own database, which it shares with the others of its kind. */
export interface OwnDatabase extends Pick<ProgramDatabase, 'url' | 'direct'> {
  /** Whether it is there. */
  check: Check;
  /** For what a request waits for: failed attempts. */
  pool: pg.Pool;
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
  const wanted = { setting: 'GATEWAY_DATABASE_URL', name: gateway, modules: ['limits', gateway] };
  const { url, direct, probe } = await openProgramDatabase(settings, wanted, servers, closing);
  const pool = openLimitPool(direct);
  closing.add(() => pool.end());
  const members = new Members(pool, { version, namespace: settings.nats.namespace });
  await members.start();
  closing.add(() => members.stop());
  return { url, direct, pool, members, check: { name: 'database', check: () => probe.check() } };
}
