import { portSetting, urlSetting, type Environment } from './settings.js';

/** Where operators find the gateway's admin listener. @throws {SettingsError} */
export const gatewayAdminSetting = (env: Environment): string =>
  urlSetting(env, 'GATEWAY_ADMIN_URL', ['http', 'https'])?.replace(/\/+$/, '') ??
  `http://127.0.0.1:${portSetting(env, 'GATEWAY_ADMIN_PORT', 3002)}`;
