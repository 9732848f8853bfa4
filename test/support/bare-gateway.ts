import { Closing, readConfig } from '#platform';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './ports.js';
import { freshDatabase } from './postgres.js';
import { readSettings, type Settings } from '../../apps/gateway/src/config.js';
import { openGateway } from '../../apps/gateway/src/open-gateway.js';

/** A gateway without a shop, in this process. */
export interface BareGateway {
  port: number;
  url: string;
  adminUrl: string;
  close(): Promise<void>;
}

/** Starts it, by its settings; `change` makes of them what no setting can. */
export async function bareGateway(
  env: Readonly<Record<string, string>>,
  change: (settings: Settings) => Settings = (settings) => settings,
): Promise<BareGateway> {
  const [own, folder] = await Promise.all([freshDatabase(), mkdtemp(join(tmpdir(), 'gateway-'))]);
  const STRANGLER_CONFIG = join(folder, 'strangler.yaml');
  await writeFile(STRANGLER_CONFIG, 'modules: {}\n');
  const [port, adminPort] = [await freePort(), await freePort()];
  const given = {
    ...{
      MODULES: 'none',
      EMBEDDED: 'off',
      GATEWAY_DATABASE_URL: own.url,
      DATA_DIR: folder,
      STRANGLER_CONFIG,
    },
    ...{ HOST: '127.0.0.1', PORT: String(port), GATEWAY_ADMIN_PORT: String(adminPort), LOG_LEVEL: 'silent' },
    ...env,
  };
  const closing = new Closing();
  await openGateway(await readConfig(given, (read) => change(readSettings(read))), closing);
  return {
    ...{ port, url: `http://127.0.0.1:${port}`, adminUrl: `http://127.0.0.1:${adminPort}` },
    close: async () => {
      await closing.closeAll();
      await Promise.all([own.drop(), rm(folder, { recursive: true })]);
    },
  };
}
