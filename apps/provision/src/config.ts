import { databaseSetting, SettingsError, type Environment } from '#platform';

/** A database to be made, as the program that uses it will connect to it. */
interface Target {
  setting: string;
  url: string;
}

/** The settings of the program that makes roles and databases. */
export interface Settings {
  /** Of a superuser. */
  adminUrl: string;
  targets: readonly Target[];
}

/** What `--help` prints. */
export const usage = `usage: node dist/apps/provision/src/main.js

Makes, for each database URL that is set, the role and the database that it names, or brings them up to date.
Settings: PROVISION_URL (of a superuser), DATABASE_URL, <MODULE>_DATABASE_URL (docs/operations.md, "Databases and roles").`;

/** Reads the settings. @throws {SettingsError} naming the first wrong one. */
export function readSettings(env: Environment): Settings {
  const adminUrl = databaseSetting(env, 'PROVISION_URL');
  if (!adminUrl) throw new SettingsError('PROVISION_URL: the URL of a superuser is required');
  const settings = Object.keys(env).filter((name) => /^([A-Z]+_)?DATABASE_URL$/.test(name));
  const targets = settings.sort().flatMap((setting) => {
    const url = databaseSetting(env, setting);
    return url ? [targetOf(setting, url)] : [];
  });
  if (targets.length > 0) return { adminUrl, targets };
  throw new SettingsError('DATABASE_URL or <MODULE>_DATABASE_URL: at least one is required');
}

function targetOf(setting: string, url: string): Target {
  const { username, password, pathname } = new URL(url);
  if (username && password && pathname.length > 1) return { setting, url };
  throw new SettingsError(`${setting}: a user, a password and a database have to stand in it`);
}
