import { readFileSync } from 'node:fs';
import type { Access, Environment } from './access.js';
import type { Application } from './cli.js';
import { Failure, Misuse } from './failure.js';
import { inDatabaseAt } from './in-database.js';

/**
 * The command line as the package brings it, for any application: what it needs to know stands in the environment.
 *
 * @example
 * ```ts
 * await runCommandLine(['assess', '.'], new Cli(installed, globalThis.process, globalThis.process.env));
 * ```
 */
export const installed: Application = {
  program: 'npx strangler',
  version: versionOf(new URL('../../package.json', import.meta.url)),
  settings: `Settings, of the environment or a file .env here: ADMIN_URL or ADMIN_PORT (3001), ADMIN_TOKEN, DATABASE_URL. NO_COLOR is honoured.
Exit code: 0 done; 1 refused, failed, or found what must not be; 2 wrong usage.`,
  verbs: [],
  access,
};

function versionOf(file: URL): string {
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return version;
}

function access(env: Environment): Access {
  const text = (name: string) => env[name]?.trim() || undefined;
  const database = text('DATABASE_URL');
  return {
    modules: {
      url: adminUrl(text),
      name: 'the application',
      start: 'start the application',
      setting: 'ADMIN_URL or ADMIN_PORT',
      absent: '',
    },
    routes: noGateway,
    session: tokenSession(text('ADMIN_TOKEN')),
    inDatabase: async (work) => (database === undefined ? undefined : inDatabaseAt(database, work)),
  };
}

/** A gateway, which moves routes as modules are moved, is a program of its own, and the package has none. */
const noGateway = {
  name: 'the gateway',
  start: '',
  setting: '',
  absent: 'there is no gateway here, so there are no routes',
};

function adminUrl(text: (name: string) => string | undefined): string {
  const url = text('ADMIN_URL') ?? `http://127.0.0.1:${text('ADMIN_PORT') ?? 3001}`;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url.replace(/\/+$/, '');
  throw new Misuse(`ADMIN_URL or ADMIN_PORT: ${url} is no address that begins with http:// or https://`);
}

/** The token is that of `admin` in `StranglerModule.forRoot`, or what the guard that stands there takes. */
const tokenSession = (token: string | undefined): Access['session'] => ({
  authorization: async () => {
    if (token !== undefined) return `Bearer ${token}`;
    throw new Failure(
      'not logged in: set ADMIN_TOKEN to the token that the admin API of the application takes',
    );
  },
  renew: () => false,
  takes: 'ADMIN_TOKEN may not do this',
});
