import { corsSetting } from './cors-setting.js';
import { identitySetting, type IdentitySetting } from './identity-setting.js';
import { logLevels, type LogLevel } from './logging/index.js';
import { rateSettings, type RateSettings } from './rate-settings.js';
import {
  choiceSetting,
  connectionSettings,
  countSetting,
  durationSetting,
  healthSetting,
  textSetting,
  type ConnectionSettings,
  type Environment,
} from './settings.js';
import type { HealthAddress } from 'nestjs-strangler';
import type { Certificate } from './tls/certificate.js';
import { tracingSetting, type TracingSetting } from './tracing.js';
import { tlsSetting } from './tls/tls-setting.js';

/** Settings of a program that clients reach. */
export interface ListenerSettings {
  /** The address that it listens at; `undefined`: all of the machine's. */
  host: string | undefined;
  /** `undefined`: it speaks HTTP, and TLS ends before it. */
  certificate: Certificate | undefined;
  dataDir: string;
  logLevel: LogLevel;
  /** `undefined`: nobody is sent spans. */
  tracing: TracingSetting | undefined;
  /** For so long it goes on, in ms, once it is told to stop and says that it is not ready. */
  drainMs: number;
  /** Without a port: none but the admin listener's. */
  health: HealthAddress;
  /** Origins whose pages may ask from a browser. */
  origins: readonly string[];
  /** Writes a line a request. */
  accessLog: boolean;
  /** Names the sides that worked on a request in `X-Served-By`. */
  servedBy: boolean;
  /** Proxies before this process: whose word on a client's address is taken. */
  proxies: number;
  /** What the listener grants to those who connect. */
  connections: ConnectionSettings;
  identityProvider: IdentitySetting | undefined;
  /** How many requests are taken: by address, user and route. */
  rates: RateSettings;
  /** As many commands under way, and lists are refused; 0: never. */
  shedListsAt: number;
  /** Whether the schema of `/graphql` may be asked for, and a page is served that explores it. */
  graphql: { explorer: boolean };
}

const isOn = (env: Environment, name: string, fallback: 'on' | 'off' = 'on'): boolean =>
  choiceSetting(env, name, ['on', 'off'], fallback) === 'on';

/** Reads them. `databaseUrl`: of the program, where one is set. @throws {SettingsError} naming the first wrong one. */
export function listenerSettings(env: Environment, databaseUrl: string | undefined): ListenerSettings {
  const proxies = countSetting(env, 'TRUST_PROXY', 10, 0);
  return {
    // Who tries it out means himself; who gives it a database means others.
    host: textSetting(env, 'HOST') ?? (databaseUrl ? undefined : '127.0.0.1'),
    certificate: tlsSetting(env),
    dataDir: textSetting(env, 'DATA_DIR') ?? '.data',
    logLevel: choiceSetting(env, 'LOG_LEVEL', logLevels, 'info'),
    tracing: tracingSetting(env),
    drainMs: durationSetting(env, 'DRAIN', 0),
    health: healthSetting(env),
    origins: corsSetting(env),
    accessLog: isOn(env, 'ACCESS_LOG'),
    servedBy: isOn(env, 'SERVED_BY_HEADER'),
    proxies,
    connections: connectionSettings(env, proxies),
    identityProvider: identitySetting(env),
    rates: rateSettings(env),
    // A quarter of the connections that are taken.
    shedListsAt: countSetting(env, 'SHED_LISTS_AT', 100_000, 250),
    // To others than those who build on it the schema says where to look.
    graphql: { explorer: isOn(env, 'GRAPHQL_EXPLORER', 'off') },
  };
}
