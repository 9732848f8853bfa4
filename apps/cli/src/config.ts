import {
  choiceSetting,
  gatewayAdminSetting,
  portSetting,
  SettingsError,
  textSetting,
  databaseSetting,
  urlSetting,
  type Environment,
} from '#platform';

/** What the CLI needs to know of the shop that it steers. */
export interface Settings {
  /** Without a slash at the end; `undefined`: there is no shop (`MODULES=none`), only a gateway. */
  adminUrl: string | undefined;
  /** The admin API of a gateway, for routes of the edge. */
  gatewayUrl: string;
  shopUrl: string;
  /** The folder in which the shop keeps the admin's password. */
  dataDir: string;
  /** Who logs in; `undefined`: the account in `<dataDir>/admin.json`. */
  login: { email: string; password: string } | undefined;
  /** One of a gateway's own, or of an outside identity provider, used as it is. */
  token: string | undefined;
  /** `undefined`: the embedded PostgreSQL. */
  databaseUrl: string | undefined;
}

/** Reads the settings. @throws {SettingsError} naming the first wrong one. */
export function readSettings(env: Environment): Settings {
  const adminUrl = httpUrl(env, 'ADMIN_URL') ?? `http://127.0.0.1:${portSetting(env, 'ADMIN_PORT', 3001)}`;
  return {
    adminUrl: choiceSetting(env, 'MODULES', ['all', 'none'], 'all') === 'none' ? undefined : adminUrl,
    gatewayUrl: gatewayAdminSetting(env),
    shopUrl: httpUrl(env, 'SHOP_URL') ?? `http://localhost:${portSetting(env, 'PORT', 3000)}`,
    dataDir: textSetting(env, 'DATA_DIR') ?? '.data',
    login: loginIn(env),
    token: tokenIn(env),
    databaseUrl: databaseSetting(env, 'DATABASE_URL'),
  };
}

const httpUrl = (env: Environment, name: string): string | undefined =>
  urlSetting(env, name, ['http', 'https'])?.replace(/\/+$/, '');

/** A gateway may have been given several in the same place. */
function tokenIn(env: Environment): string | undefined {
  const token = textSetting(env, 'ADMIN_TOKEN');
  if (!token?.includes(',')) return token;
  throw new SettingsError('ADMIN_TOKEN has several tokens: set yours alone, for it stands in the history');
}

function loginIn(env: Environment): Settings['login'] {
  const email = textSetting(env, 'ADMIN_EMAIL');
  const password = textSetting(env, 'ADMIN_PASSWORD');
  if (email && password) return { email, password };
  if (!email && !password) return undefined;
  throw new SettingsError('ADMIN_EMAIL and ADMIN_PASSWORD belong together: set both or none');
}
